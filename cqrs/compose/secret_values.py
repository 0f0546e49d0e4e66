"""The passwords and keys docker-compose.yml asks for, drawn once into a file that git ignores."""

import secrets
from pathlib import Path

from cqrs.services import SERVICES

CLIENTS = ("finance", "analysts", "audit")
"""Who reaches Kafka from outside."""


def names() -> list[str]:
    services = [name.upper() for name in SERVICES]
    return [
        "POSTGRES_PASSWORD",
        *(f"{name}_PASSWORD" for name in services),
        "KAFKA_ADMIN_PASSWORD",
        *(f"KAFKA_{name}_PASSWORD" for name in (*services, *map(str.upper, CLIENTS))),
        *(f"{name}_FILES_KEY" for name in services),
        "OBJECTS_SECRET_KEY",
        "MAIL_KEY",
        "KEYCLOAK_ADMIN_PASSWORD",
        "DEMONSTRATION_PASSWORD",
    ]


def draw(file: Path) -> list[str]:
    """Add what is missing or empty; answers the names of what was drawn.

    Of two lines of one name the later counts.
    """
    written = file.read_text() if file.exists() else ""
    told = dict(line.split("=", 1) for line in written.splitlines() if "=" in line)
    missing = [name for name in names() if not told.get(name, "").strip("'\" ")]
    file.touch(mode=0o600)
    with file.open("a") as out:
        if missing and written and not written.endswith("\n"):
            out.write("\n")
        out.writelines(f"{name}={secrets.token_urlsafe(24)}\n" for name in missing)
    return missing
