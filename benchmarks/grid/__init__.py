"""Which cells a benchmark consists of: tables, entries, seeds, data."""
