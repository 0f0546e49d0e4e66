import pytest
from pydantic import ValidationError

from chassis.settings import Settings

NEEDED = {"database_url": "x", "issuer": "x", "jwks_url": "x", "files_key": "x"}
MAIL = {"smtp_sender": "no-reply@cqrs.example", "mail_key": "x", "public_url": "https://x.example"}


@pytest.mark.parametrize("missing", MAIL)
def test_mail_is_set_up_whole_or_not_at_all(missing) -> None:
    Settings(**NEEDED)
    Settings(**NEEDED, **MAIL, smtp_host="mail.example")
    there = {name: value for name, value in MAIL.items() if name != missing}
    with pytest.raises(ValidationError, match="smtp_host needs"):
        Settings(**NEEDED, **there, smtp_host="mail.example")


def test_no_password_is_sent_in_the_clear() -> None:
    with pytest.raises(ValidationError, match="smtp_tls"):
        Settings(**NEEDED, **MAIL, smtp_host="mail.example", smtp_username="x", smtp_tls="none")
