"""The first people of a system; everyone else comes through GraphQL (DESIGN.md 5)."""

from dataclasses import dataclass
from pathlib import Path

import orjson

ENGLAND = "ENG"


@dataclass(frozen=True)
class FirstPerson:
    subject: str
    name: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.subject}@england.example"


DATA_LOAD = FirstPerson("data-load.eng", "Data Load, England", "DATA_LOAD")
DRAFTING = FirstPerson("catalogue-1.eng", "Catalogue Manager 1, England", "CATALOGUE_MANAGER")
PUBLISHING = FirstPerson("catalogue-2.eng", "Catalogue Manager 2, England", "CATALOGUE_MANAGER")
ADMINISTRATOR = FirstPerson(
    "administrator.eng", "Advanced User Administrator, England", "ADVANCED_USER_ADMINISTRATOR"
)
FIRST_PEOPLE = (DATA_LOAD, DRAFTING, PUBLISHING, ADMINISTRATOR)


def write_first_people(path: Path, issuer: str) -> None:
    """The file that `python -m services.organisations migrate --bootstrap` reads."""
    people = [
        {"subject": p.subject, "name": p.name, "email": p.email, "roles": [p.role]}
        for p in FIRST_PEOPLE
    ]
    path.write_bytes(orjson.dumps({"organisation": ENGLAND, "issuer": issuer, "people": people}))


def choices() -> list[dict[str, str]]:
    """The first people as the GraphQL page offers them to sign in as."""
    return [
        {"subject": each.subject, "name": each.name, "organisation": ENGLAND}
        for each in FIRST_PEOPLE
    ]
