"""Surveys of many models: a table to measure with, and the measuring."""
