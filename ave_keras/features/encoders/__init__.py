"""Networks that turn seconds of sound and picture into features."""
