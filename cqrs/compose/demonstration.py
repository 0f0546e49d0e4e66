"""What the demonstration in containers begins with: Keycloak's realm, first people, the clock."""

import tempfile
from pathlib import Path
from typing import Any

import orjson

from cqrs.england.england import SEED
from cqrs.play.cast import everybody
from cqrs.play.scene import Scene
from cqrs.supervisor.first_people import FIRST_PEOPLE, write_first_people
from cqrs.supervisor.settings import AUDIENCE
from cqrs.supervisor.system import BEGINNING

CLIENT = "cqrs"
REALM = "cqrs"
_LONGEST_ID = 36
_TOKEN_SECONDS = 3_600


def write(folder: Path, realms: Path, issuer: str) -> None:
    """Write `first-people.json` and `clock`, and apart from them Keycloak's realm.

    A clock that is there already is left alone.
    """
    with tempfile.TemporaryDirectory() as drawn:
        roster = Scene.generated(Path(drawn), england=False, icb=None, seed=SEED).roster
    people = [(one.subject, one.name, one.email) for one in FIRST_PEOPLE]
    people += [(one.subject, one.name, one.email) for one in everybody(roster)]
    (realms / f"{REALM}.json").write_bytes(orjson.dumps(realm(people)))
    write_first_people(folder / "first-people.json", issuer)
    clock = folder / "clock"
    if not clock.exists():
        clock.write_text(BEGINNING)


def realm(people: list[tuple[str, str, str]]) -> dict[str, Any]:
    """A realm of these people; what they may do is not its affair.

    Passwords are hashed cheaply: there is one, and it opens a demonstration.
    """
    return {
        "realm": REALM,
        "enabled": True,
        "accessTokenLifespan": _TOKEN_SECONDS,
        "passwordPolicy": "hashAlgorithm(pbkdf2-sha256) and hashIterations(1000)",
        "clients": [_client()],
        "users": [_user(*one) for one in people],
    }


def _client() -> dict[str, Any]:
    """Takes a name and a password for a token; its tokens say whom they are for."""
    audience = {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {"included.custom.audience": AUDIENCE, "access.token.claim": "true"},
    }
    return {
        "clientId": CLIENT,
        "enabled": True,
        "publicClient": True,
        "directAccessGrantsEnabled": True,
        "standardFlowEnabled": True,
        "redirectUris": ["http://localhost:*", "http://127.0.0.1:*"],
        "webOrigins": ["+"],
        "protocolMappers": [audience],
    }


def _user(subject: str, name: str, email: str) -> dict[str, Any]:
    if len(subject) > _LONGEST_ID:
        raise ValueError(f"Keycloak's ids have {_LONGEST_ID} characters: {subject}")
    first, _, last = name.partition(", ")
    return {
        "id": subject,
        "username": subject,
        "email": email,
        "emailVerified": True,
        "enabled": True,
        "firstName": first,
        "lastName": last or first,
        "credentials": [{"type": "password", "value": "${DEMONSTRATION_PASSWORD}"}],
    }
