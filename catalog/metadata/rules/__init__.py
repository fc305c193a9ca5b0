"""Rules beyond shape, one family in each module."""
