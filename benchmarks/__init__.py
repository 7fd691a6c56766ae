"""What performance and accuracy claims rest on: programs that print figures, never tests."""
