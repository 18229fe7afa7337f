"""Speech to text, offline."""
