import asyncio
import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from chassis import auth
from chassis.auth import Identity, TokenVerifier, UnauthenticatedError
from chassis.errors import TransientError
from tests.support.eventually import eventually
from tests.support.issuer import AUDIENCE, TestIssuer

real_time = time.time


@pytest.fixture
def verifier(issuer: TestIssuer) -> TokenVerifier:
    return TokenVerifier(issuer.address, AUDIENCE, issuer.jwks_url)


async def test_a_good_token_says_who_it_is(verifier: TokenVerifier, issuer: TestIssuer) -> None:
    said = await verifier.verify(issuer.token("anna"))
    assert said == Identity(issuer.address, "anna")


@pytest.mark.parametrize(
    ("claims", "part"),
    [
        # Counted when tests are collected, and a suite takes minutes: a day is far enough.
        ({"exp": int(time.time()) - 60}, "expiry"),
        ({"exp": None}, "expiry"),
        ({"nbf": int(time.time()) + 86_400}, "expiry"),
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"iss": "https://another.example"}, "issuer"),
        ({"sub": None}, "subject"),
    ],
)
async def test_a_refusal_names_the_part_that_is_wrong(
    verifier: TokenVerifier, issuer: TestIssuer, claims: dict[str, object], part: str
) -> None:
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(issuer.token(**claims))
    assert (refused.value.code, refused.value.facts["part"]) == ("UNAUTHENTICATED", part)


async def test_one_of_several_audiences_suffices(
    verifier: TokenVerifier, issuer: TestIssuer
) -> None:
    assert await verifier.verify(issuer.token(aud=["another", AUDIENCE]))


async def test_a_token_that_expired_within_the_leeway_is_taken(
    verifier: TokenVerifier, issuer: TestIssuer
) -> None:
    assert await verifier.verify(issuer.token(exp=int(time.time()) - 5))


async def test_a_token_without_a_signature_is_refused(
    verifier: TokenVerifier, issuer: TestIssuer
) -> None:
    parts = issuer.token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "first"}).encode())
    bare = f"{header.decode().rstrip('=')}.{parts[1]}."
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(bare)
    assert refused.value.facts["part"] in ("algorithm", "form")


async def test_a_token_signed_with_a_shared_secret_is_refused(
    verifier: TokenVerifier, issuer: TestIssuer
) -> None:
    secret = OctKey.generate_key(256)
    forged = jwt.encode({"alg": "HS256", "kid": "first"}, {"iss": issuer.address}, secret)
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(forged)
    assert refused.value.facts["part"] == "algorithm"


async def test_a_token_changed_after_signing_is_refused(
    verifier: TokenVerifier, issuer: TestIssuer
) -> None:
    head, _, signature = issuer.token("anna").split(".")
    _, other, _ = issuer.token("berta").split(".")
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(f"{head}.{other}.{signature}")
    assert refused.value.facts["part"] == "signature"


@pytest.mark.parametrize("bearer", ["", "x", "a.b.c", "a.b.c.d.e", "ä.ö.ü", "...."])
async def test_what_is_no_token_is_refused(verifier: TokenVerifier, bearer: str) -> None:
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(bearer)
    assert refused.value.facts["part"] == "form"


async def test_a_new_key_is_fetched_once_for_all_who_wait(issuer: TestIssuer) -> None:
    verifier = TokenVerifier(issuer.address, AUDIENCE, issuer.jwks_url, fetch_pause=0)
    await verifier.verify(issuer.token())
    issuer.rotate("second")
    tokens = [issuer.token(f"person-{i}") for i in range(10)]
    await asyncio.gather(*(verifier.verify(token) for token in tokens))
    assert issuer.fetches == 2


async def test_made_up_key_ids_do_not_make_us_fetch_again_and_again(
    verifier: TokenVerifier, issuer: TestIssuer
) -> None:
    await verifier.verify(issuer.token())
    for number in range(5):
        stranger = ECKey.generate_key("P-256", {"kid": f"made-up-{number}"})
        with pytest.raises(UnauthenticatedError) as refused:
            await verifier.verify(issuer.token(key=stranger))
        assert refused.value.facts["part"] == "key"
    assert issuer.fetches == 1


async def test_an_issuer_that_is_away_is_no_reason_to_call_a_token_wrong(
    verifier: TokenVerifier, issuer: TestIssuer
) -> None:
    issuer.away = True
    with pytest.raises(TransientError):
        await verifier.verify(issuer.token())


async def test_known_keys_go_on_working_while_the_issuer_is_away(issuer: TestIssuer) -> None:
    verifier = TokenVerifier(issuer.address, AUDIENCE, issuer.jwks_url, fetch_pause=0)
    await verifier.verify(issuer.token())
    issuer.away = True
    stranger = ECKey.generate_key("P-256", {"kid": "made-up"})
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(issuer.token(key=stranger))
    assert await verifier.verify(issuer.token())


async def test_old_keys_serve_the_others_while_one_asks_for_new_ones(
    issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = TokenVerifier(issuer.address, AUDIENCE, issuer.jwks_url, fetch_pause=0)
    await verifier.verify(issuer.token())
    monkeypatch.setattr(auth, "KEYS_LAST", 0)
    issuer.answers.clear()
    asking = asyncio.create_task(verifier.verify(issuer.token()))

    async def asked() -> None:
        assert issuer.fetches == 2

    await eventually(asked)
    assert await asyncio.wait_for(verifier.verify(issuer.token()), 1)
    assert not asking.done()
    issuer.answers.set()
    assert await asking


async def test_a_withdrawn_key_goes_when_the_keys_are_old(
    issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = TokenVerifier(issuer.address, AUDIENCE, issuer.jwks_url, fetch_pause=0)
    old = issuer.token()
    await verifier.verify(old)
    issuer.rotate("second")
    del issuer.keys[1:]
    assert await verifier.verify(old)
    monkeypatch.setattr(auth, "KEYS_LAST", 0)
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(old)
    assert refused.value.facts["part"] == "key"


@pytest.mark.parametrize("answer", ["[]", "{", '{"keys": [{}]}', '{"keys": 5}', "null"])
async def test_an_issuer_that_answers_nonsense_is_one_that_is_away(
    verifier: TokenVerifier, issuer: TestIssuer, answer: str
) -> None:
    issuer.nonsense = answer
    with pytest.raises(TransientError):
        await verifier.verify(issuer.token())


async def test_a_token_known_from_before_expires_all_the_same(
    verifier: TokenVerifier, issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token()
    assert await verifier.verify(token) == await verifier.verify(token)
    monkeypatch.setattr(time, "time", lambda: real_time() + 3_600)
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(token)
    assert refused.value.facts["part"] == "expiry"


async def test_a_token_known_from_before_goes_with_its_key(issuer: TestIssuer) -> None:
    verifier = TokenVerifier(issuer.address, AUDIENCE, issuer.jwks_url, fetch_pause=0)
    old = issuer.token()
    await verifier.verify(old)
    issuer.rotate("second")
    del issuer.keys[1:]
    await verifier.verify(issuer.token())
    with pytest.raises(UnauthenticatedError) as refused:
        await verifier.verify(old)
    assert refused.value.facts["part"] == "key"


async def test_only_so_many_tokens_are_kept(
    verifier: TokenVerifier, issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "KEPT_TOKENS", 2)
    for number in range(4):
        said = await verifier.verify(issuer.token(f"person-{number}"))
        assert said.subject == f"person-{number}"
    assert len(verifier._signatures._claims) == 2
