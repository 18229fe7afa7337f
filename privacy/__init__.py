"""Retention: taking everything away again on its day."""
