"""How fast a large site is built and shown."""
