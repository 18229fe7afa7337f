"""SMS, e-mail and web surveys."""
