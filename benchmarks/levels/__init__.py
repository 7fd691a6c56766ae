"""Levels of a corpus against labels."""
