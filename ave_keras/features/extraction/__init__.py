"""A folder of videos to a data set in the official layout."""
