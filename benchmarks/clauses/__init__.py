"""How well the clause rules read licenses that they were not told the names of."""
