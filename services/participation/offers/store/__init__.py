"""Every SQL statement about offers. `$1` and `$2` are the organisation acted for and the day.

`scope` says what it sees, and in what order; `changes` loads and keeps what changes; `lists`,
`services`, `history` and `signing_up` are what is shown; `providers` knows who may be offered a
service.
"""
