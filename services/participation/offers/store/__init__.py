"""Every SQL statement about offers. `$1` is the organisation acted for, wherever one is.

`scope` says what it sees, `changes` loads and keeps what changes, `lists` is what is shown, and
`providers` knows who may be offered a service.
"""
