"""License texts, names and terms: what a license is called, which one a text is, and what it grants."""
