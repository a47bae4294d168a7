"""Scores of trained models: segments, attention, cross-modality localization."""
