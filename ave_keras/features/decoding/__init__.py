"""Decodes pictures and sound from video files and picture sequences."""
