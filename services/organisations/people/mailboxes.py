"""Which mail addresses are somebody's own.

A mailbox that several people read is refused, because what is done through it cannot be told apart
afterwards (DOMAIN.md 1.4: shared and generic addresses are prohibited, for the audit).
"""

import re
from collections.abc import Iterable

_LONGEST = 254  # RFC 5321, 4.5.3.1.3
_FORM = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]+\.[^@\s.\x00-\x1f\x7f]+")

# The names RFC 2142 keeps for functions, and those that practices and offices put before the @ in
# the addresses they publish. A name of two of them, or of one and an ODS code, is generic too.
_FUNCTIONS = """
abuse account accounts admin admins administration all appointment appointments auth billing
bookings box care clinic clinical complaints contact contracts correspondence dispensary docs
doctors email enquiries enquiry everyone feedback finance ftp general generic gp gps group
headoffice health hello help helpdesk hostmaster hr info information inbox invoice invoices it
letters mail mailbox main manager managers medical message messages news no nhs noc nurse nurses
office ooh operations partners patient patients payments payroll pharmacy postmaster practice
practices prescription prescriptions primary query queries reception receptionist receptionists
records referrals reply results root sales scripts secretaries secretary security service
services shared site staff support surgeries surgery team test unit usenet user users uucp
webmaster workflow www
"""
GENERIC = frozenset(_FUNCTIONS.split())

# What a practice calls its mailbox when it calls it after itself: highstreetsurgery@.
_PREMISES = re.compile(
    r"(surgery|surgeries|practice|medicalcentre|healthcentre|healthcenter|medicalgroup|pharmacy)$"
)
_WORDS = re.compile(r"[a-z]+")
_ODS_CODE = re.compile(r"[a-z]\d{5}|\d{2}[a-z]|q[a-z0-9]{2}|[a-z]\d[a-z]\d[a-z]")
_APART = re.compile(r"[._+\-]+")


def is_mailbox(address: str) -> bool:
    return len(address) <= _LONGEST and _FORM.fullmatch(address) is not None


def is_shared(address: str, organisations: Iterable[str] = ()) -> bool:
    """Whether the address names a function, a place or one of these organisations."""
    local = address.partition("@")[0].lower()
    parts = [part for part in _APART.split(local) if part]
    named = [part for part in parts if not _ODS_CODE.fullmatch(part)]
    words = [word for part in named for word in _WORDS.findall(part)]  # reception2 is reception
    if not named or (words and all(word in GENERIC for word in words)):
        return True
    letters = _letters(local)
    if not letters:
        return False
    return bool(_PREMISES.search(letters)) or letters in {_letters(one) for one in organisations}


def _letters(text: str) -> str:
    return "".join(_WORDS.findall(text.lower()))
