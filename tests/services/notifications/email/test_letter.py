"""What goes over the wire."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chassis.ids import new_id
from services.notifications.email.domain import Verdict
from services.notifications.email.letter import Letter, address_of, write
from services.notifications.email.post import Connection
from tests.services.notifications.email.conftest import mail_to
from tests.services.notifications.email.office import PASSWORD, MailServer, html, plain

LINK = "https://cqrs.example/links/notifications/unsubscribe/x"
FACTS = {
    "name": "Zoë <b>",
    "organisation": "A SURGERY (A99001)",
    "body": "Everything … from the first\r\nto the last … was refused.",
    "to_do": "There is nothing that you need to do.",
    "why": "You get this mail because it is about you.",
    "these": "mails about offers",
}


def _written(**others):
    letter = Letter("message", "Refused …\r\nBcc: x@x.example", {**FACTS, **others}, LINK)
    to = address_of("Zoë\r\nBcc: x@x.example", "zoe@x.example")
    return write(mail_to(MailServer()), new_id(), to, letter)


def test_words_of_any_language_arrive_over_seven_bits():
    content = _written()
    assert content.isascii()
    mail = message_from_bytes(content, policy=policy.default)
    assert "Everything … from the first to the last … was refused." in plain(mail)
    assert "Dear Zoë &lt;b&gt;," in html(mail)


def test_nothing_in_a_name_or_subject_becomes_a_header():
    mail = message_from_bytes(_written(), policy=policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Refused … Bcc: x@x.example"
    assert [to.addr_spec for to in mail["To"].addresses] == ["zoe@x.example"]


def test_lines_of_the_text_are_short():
    mail = message_from_bytes(_written(body="word " * 200), policy=policy.default)
    lines = mail.get_body(("plain",)).get_content().splitlines()
    assert all(len(line) <= 76 for line in lines if "https://" not in line)


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@", "@b", "a b@x.example", "a@x.example\nb", "é@x.example"]
)
def test_what_no_mail_server_may_know_is_no_address(email):
    assert address_of("Somebody", email) is None


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for this machine, which is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(encoding, form, serialization.NoEncryption())
    (tmp_path / "key").write_bytes(secret)
    (tmp_path / "certificate").write_bytes(made.public_bytes(encoding))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    return context


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mail_goes_encrypted_and_with_a_password(certificate, monkeypatch, tls):
    server = await MailServer(tls=certificate, implicit=tls == "implicit").start()
    known = {"tls": tls, "username": "cqrs"}
    async with Connection(mail_to(server, **known, password="wrong")) as connection:
        refused = await connection.send("zoe@x.example", _written())
    async with Connection(mail_to(server, **known, password=PASSWORD)) as connection:
        sent = await connection.send("zoe@x.example", _written())
    monkeypatch.delenv("SSL_CERT_FILE")
    async with Connection(mail_to(server, **known, password=PASSWORD)) as connection:
        untrusted = await connection.send("zoe@x.example", _written())
    await server.stop()
    assert [one.verdict for one in (refused, sent, untrusted)] == [
        Verdict.UNREACHABLE,
        Verdict.SENT,
        Verdict.UNREACHABLE,
    ]
    assert PASSWORD not in refused.text
    assert server.recipients() == ["zoe@x.example"]


async def test_a_line_that_begins_with_a_dot_arrives_as_it_was(server):
    async with Connection(mail_to(server)) as connection:
        await connection.send("zoe@x.example", b"Subject: x\r\n\r\n.\r\n..two\r\nend\r\n")
    [(_, mail)] = server.mails
    assert mail.get_content().splitlines() == [".", "..two", "end"]


async def test_a_connection_that_went_stale_is_made_anew(server):
    async with Connection(mail_to(server)) as connection:
        await connection.send("zoe@x.example", _written())
        connection._client.protocol.transport.abort()
        again = await connection.send("zoe@x.example", _written())
    assert again.verdict is Verdict.SENT
    assert len(server.mails) == 2
