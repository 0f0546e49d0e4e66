"""Every SQL statement about mails.

`considering` decides whether there is a mail for what somebody was told, `digests` makes those of a
day, `delivering` is what becomes of a mail, `letters` what it says, `contacts` where it goes to,
`lists` what is shown. Moments of delivery are the real clock's, and given by the caller.
"""
