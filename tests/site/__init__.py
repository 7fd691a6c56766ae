"""Tests of the published scorecards."""
