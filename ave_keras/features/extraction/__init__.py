"""Turns a folder of videos into a data set in the official layout."""
