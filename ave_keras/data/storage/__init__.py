"""Arrays on disk and in memory: HDF5 files, rows, packing, pooling, checksums."""
