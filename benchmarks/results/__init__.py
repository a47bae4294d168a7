"""Stored records of finished and running cells, and the statistics computed from them."""
