"""Encoders with published weights of other projects."""
