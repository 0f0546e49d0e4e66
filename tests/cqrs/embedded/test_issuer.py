"""The issuer as a child, as a system starts it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from cqrs.supervisor.settings import AUDIENCE, Addresses, Files, issuer_plan
from cqrs.supervisor.supervisor import Supervisor


@dataclass
class Started:
    addresses: Addresses
    files: Files


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    started = Started(Addresses(), Files(tmp_path_factory.mktemp("issuer")))
    with Supervisor() as supervisor:
        supervisor.children.start(issuer_plan(started.addresses, started.files))
        supervisor.children.wait_until_ready(["issuer"], lambda _: None)
        yield started


async def _asked(
    method: str, address: str, **how: object
) -> tuple[aiohttp.ClientResponse, dict[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, address, **how) as answer,
    ):
        return answer, await answer.json(content_type=None) if answer.ok else {}


async def test_a_token_says_who_and_is_verified_by_the_published_keys(issuer: Started) -> None:
    address = issuer.addresses.issuer
    _, found = await _asked("GET", f"{address}/.well-known/openid-configuration")
    _, keys = await _asked("GET", found["jwks_uri"])
    _, answer = await _asked("POST", found["token_endpoint"], json={"subject": "view.A81001"})
    key_set = KeySet.import_key_set(keys)
    claims = jwt.decode(answer["access_token"], key_set, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == (address, AUDIENCE, "view.A81001")
    assert claims["iat"] <= time.time() < claims["exp"]


async def test_no_private_part_of_the_key_is_published(issuer: Started) -> None:
    _, keys = await _asked("GET", f"{issuer.addresses.issuer}/jwks")
    assert [set(key) for key in keys["keys"]] == [{"kty", "crv", "x", "y", "alg", "use", "kid"}]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"subject": ""}', b'{"subject": 1}'])
async def test_a_request_that_names_nobody_is_refused(issuer: Started, body: bytes) -> None:
    answer, _ = await _asked("POST", f"{issuer.addresses.issuer}/token", data=body)
    assert answer.status == 400


async def test_only_the_gateways_page_may_read_the_answer(issuer: Started) -> None:
    address = f"{issuer.addresses.issuer}/people"
    page, _ = await _asked("GET", address, headers={"Origin": issuer.addresses.gateway})
    stranger, _ = await _asked("GET", address, headers={"Origin": "https://elsewhere.example"})
    assert page.headers["Access-Control-Allow-Origin"] == issuer.addresses.gateway
    assert "Access-Control-Allow-Origin" not in stranger.headers


async def test_another_name_for_this_machine_is_refused(issuer: Started) -> None:
    address = f"{issuer.addresses.issuer}/jwks"
    answer, _ = await _asked("GET", address, headers={"Host": "elsewhere.example"})
    assert answer.status == 400


async def test_the_people_to_choose_from_are_read_anew(issuer: Started) -> None:
    address = f"{issuer.addresses.issuer}/people"
    _, before = await _asked("GET", address)
    Path(issuer.files.people).write_text('[{"subject": "view.A81001"}]')
    _, after = await _asked("GET", address)
    assert (before, after) == ([], [{"subject": "view.A81001"}])
