"""Published models: folders for a model hub, with checksums and a card; written, and read from folders and hubs."""
