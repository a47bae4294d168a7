"""Ablation studies: what changes when one thing about an entry changes, compared on validation."""
