"""What kinds of code linked repositories hold, against a hand-checked table."""
