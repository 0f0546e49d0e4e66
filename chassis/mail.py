"""How a process sends mail, and what its mails say of where they come from."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tls: TypeAlias = Literal["none", "starttls", "implicit"]


@dataclass(frozen=True, slots=True)
class Mail:
    host: str
    port: int
    sender: str
    """The address mails come from, where refusals of them are returned to."""
    public_url: str
    """Where people reach the system: links in mails begin so, without a slash at the end."""
    key: bytes = field(repr=False)
    """Signs links in mails, which are followed long after."""
    tls: Tls = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = 4
    """How many are open to the server at once."""
    daily_hour: int = 7
    """On the wall in England: when what is written once a day is written."""
    help_email: str = ""
    help_telephone: str = ""
