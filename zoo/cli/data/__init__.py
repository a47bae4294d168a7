"""`ave-keras data`: data sets in the official layout."""
