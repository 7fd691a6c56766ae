"""The accuracy figures that are published with the scorecards."""
