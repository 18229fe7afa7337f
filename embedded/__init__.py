"""The whole service on one machine with one command: what it starts, and in which order."""
