"""Turns features that people already have into a data set in the official layout."""
