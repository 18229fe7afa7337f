"""A telephone network in a box; meets the service over HTTP alone."""
