"""REST for other systems."""
