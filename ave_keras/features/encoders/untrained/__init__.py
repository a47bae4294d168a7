"""Encoders without weights, to try the whole pipeline without a download."""
