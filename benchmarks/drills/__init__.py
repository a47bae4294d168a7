"""Long-running checks: grids with killed processes, and the export of every entry to every format."""
