"""Proofs that take long: killed grids, and every entry exported to every format."""
