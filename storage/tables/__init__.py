"""The rows, one file per kind of thing; `storage.tables.row` holds what they share."""
