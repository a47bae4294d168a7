"""Commands that share trained models."""
