"""What people and events make happen to offers: load, decide, save, record.

`asking` is what all of them share, `deciding` what is done to offers in bulk, `making` how offers
come to be, and `following` what ODS, the catalogue and the clock bring about.
"""
