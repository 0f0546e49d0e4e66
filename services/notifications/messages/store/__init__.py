"""Every SQL statement about messages.

`heard` keeps what others said, `raising` tells people and completes tasks, `announcing` counts it
in their mailboxes, `scope` says who sees what, `lists` is what is shown, `changes` what recipients
do.
"""
