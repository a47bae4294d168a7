"""Pictures and sound from video files and picture sequences."""
