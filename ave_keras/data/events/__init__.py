"""Which video has which event: event lists and splits."""
