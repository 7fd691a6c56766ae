"""How fast the check is."""
