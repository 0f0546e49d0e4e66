"""A mail as it is sent: templates filled, plain text and HTML, one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chassis.mail import Mail

_ON_THE_WIRE: Final = compat32.clone(linesep="\r\n")  # the newer policies take three times as long
_READABLE: Final = Charset("utf-8")
_READABLE.body_encoding = QP
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_NAME: Final = "CQRS"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says; `template` names a pair of files."""

    template: str
    subject: str
    facts: Mapping[str, Any]
    unsubscribe: str
    """The link for those who want no more of these."""


def page(name: str, facts: Mapping[str, Any]) -> str:
    """A page for those who followed a link."""
    return _TEMPLATES.get_template(f"{name}.html").render(facts)


def address_of(name: str, email: str) -> Address | None:
    """The recipient; None for what is no address, or one that mail servers may not know."""
    try:
        address = Address(" ".join(name.split()), addr_spec=email.strip())
    except (ValueError, IndexError, MessageError):
        return None
    plain = address.addr_spec.isascii() and address.addr_spec.isprintable()
    return address if plain and address.username and address.domain else None


def write(mail: Mail, id_: UUID, to: Address, letter: Letter) -> bytes:
    """The whole mail. Sent twice by whatever accident, it has the same Message-ID."""
    facts = _facts(mail, letter)
    message = MIMEMultipart("alternative")
    message["Message-ID"] = f"<{id_}@{mail.sender.rpartition('@')[2]}>"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["From"] = formataddr((_NAME, mail.sender))
    message["To"] = formataddr((to.display_name, to.addr_spec))
    message["Subject"] = _header(letter.subject)
    message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    for ending, kind in (("txt", "plain"), ("html", "html")):
        text = _render(f"{letter.template}.{ending}", facts)
        message.attach(MIMEText(text, kind, _READABLE))  # type: ignore[arg-type]  # may be a Charset
    return message.as_bytes(policy=_ON_THE_WIRE)


def _header(text: str) -> str:
    """One line, whatever is in it."""
    line = " ".join(text.split())
    return line if line.isascii() else Header(line, "utf-8", header_name="Subject").encode()


def _facts(mail: Mail, letter: Letter) -> Mapping[str, Any]:
    return {
        **letter.facts,
        "subject": letter.subject,
        "unsubscribe": letter.unsubscribe,
        "centre": f"{mail.public_url}/",
        "help": _help(mail),
    }


def _help(mail: Mail) -> Sequence[str]:
    return [said for said in (mail.help_email, mail.help_telephone) if said]


def _render(name: str, facts: Mapping[str, Any]) -> str:
    return _TEMPLATES.get_template(name).render(facts)
