"""Files that people bring: loaded through the gateway as anyone would, and shown."""
