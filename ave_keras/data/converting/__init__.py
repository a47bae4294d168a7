"""Turns the published annotations of other data sets into folders in the official layout."""
