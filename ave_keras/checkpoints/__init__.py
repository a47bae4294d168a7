"""Importers of the authors' released weights."""
