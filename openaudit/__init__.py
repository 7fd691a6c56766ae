"""Audit how open an AI model really is, and what its license lets you do."""

__version__ = "0.1.0"
__all__ = ["__version__"]
