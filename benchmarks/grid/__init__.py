"""The cells of a benchmark: tables, entries, seeds and data."""
