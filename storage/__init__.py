"""Everything that outlives a process: rows, sealed files, keys, the queue, migrations."""
