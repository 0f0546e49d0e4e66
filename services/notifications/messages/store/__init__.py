"""Every SQL statement about messages.

`heard` keeps what others said, `raising` tells people and completes tasks, `scope` says who sees
what, `lists` is what is shown, `changes` what recipients do.
"""
