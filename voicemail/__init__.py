"""Recordings brought home and sealed; mailboxes, telephone messages, deliveries."""
