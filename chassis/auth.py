"""Who is calling: OIDC bearer tokens, verified here and not by anyone in front.

Tokens follow the real clock, never the business one.
"""

import asyncio
import hashlib
import math
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.request import ProxyHandler, build_opener

import structlog
from joserfc import errors, jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from chassis import wire
from chassis.errors import DomainError, TransientError

UNAUTHENTICATED = "UNAUTHENTICATED"

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
"""Signatures only, by a key that the issuer alone holds: no `none`, no shared secret."""

LEEWAY = 30
"""Seconds that clocks may differ."""

KEYS_LAST = 3_600.0
"""Seconds after which the keys are fetched again, so that a withdrawn one goes."""
FETCH_PAUSE = 10.0
"""Seconds between fetches at the least, whatever key ids the callers make up."""
FIRST_PAUSE = 1.0
"""The same as long as there are none."""
FETCH_TIMEOUT = 5.0
_LONGEST_ANSWER = 1_000_000
KEPT_TOKENS = 5_000
"""Tokens (by their hash) whose signature need not be checked again."""

_CLAIMS = {"iss": "issuer", "aud": "audience", "exp": "expiry", "nbf": "expiry", "sub": "subject"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Identity:
    """A token says who; what they may do comes from the directory."""

    issuer: str
    subject: str
    expires: float = field(default=math.inf, compare=False)
    """When the token does, in seconds since the epoch; streams end then."""


class UnauthenticatedError(DomainError):
    def __init__(self, part: str, message: str) -> None:
        super().__init__(UNAUTHENTICATED, message, part=part)


class TokenVerifier:
    def __init__(
        self,
        issuer: str,
        audience: str,
        jwks_url: str,
        *,
        fetch_pause: float = FETCH_PAUSE,
    ) -> None:
        self._issuer = issuer
        self._claims = JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._keys = _Keys(jwks_url, fetch_pause)
        self._signatures = _Signatures()

    async def verify(self, bearer: str) -> Identity:
        """Say whose token it is; a refusal names the part that is wrong."""
        claims = await self._signed(bearer)
        try:
            self._claims.validate(claims)
        except errors.ExpiredTokenError:
            raise UnauthenticatedError("expiry", "The token has expired.") from None
        except errors.ClaimError as error:
            part = _CLAIMS.get(error.claim, error.claim)
            message = f"The token's {part} is not what it must be."
            raise UnauthenticatedError(part, message) from None
        return Identity(self._issuer, claims["sub"], claims["exp"])

    async def _signed(self, bearer: str) -> dict[str, Any]:
        keys = await self._keys.known()
        try:
            return self._signatures.checked(bearer, keys)
        except errors.InvalidKeyIdError:
            fresh = await self._keys.newer_than(keys)
        try:
            return self._signatures.checked(bearer, fresh)
        except errors.InvalidKeyIdError:
            message = "The token is signed with a key its issuer does not have."
            raise UnauthenticatedError("key", message) from None


class _Signatures:
    """Checks a token's signature once, as long as the keys are the same; its claims each time."""

    def __init__(self) -> None:
        self._keys: KeySet | None = None
        self._claims: dict[bytes, dict[str, Any]] = {}

    def checked(self, bearer: str, keys: KeySet) -> dict[str, Any]:
        if keys is not self._keys:
            self._keys, self._claims = keys, {}
        token = hashlib.sha256(bearer.encode()).digest()
        if token not in self._claims:
            claims = _decode(bearer, keys)
            if len(self._claims) >= KEPT_TOKENS:
                del self._claims[next(iter(self._claims))]
            self._claims[token] = claims
        return self._claims[token]


def _decode(bearer: str, keys: KeySet) -> dict[str, Any]:
    try:
        return jwt.decode(bearer, keys, algorithms=list(ALGORITHMS)).claims
    except errors.InvalidKeyIdError:
        raise
    except errors.UnsupportedAlgorithmError:
        message = f"The token's algorithm must be one of {', '.join(ALGORITHMS)}."
        raise UnauthenticatedError("algorithm", message) from None
    except errors.BadSignatureError:
        raise UnauthenticatedError("signature", "The token's signature is wrong.") from None
    except (errors.JoseError, ValueError, TypeError):
        raise UnauthenticatedError("form", "That is not a token that can be read.") from None


class _Keys:
    """The issuer's public keys, fetched at first need, on rotation and when they are old."""

    def __init__(self, url: str, pause: float) -> None:
        self._url = url
        self._pause = pause
        self._keys: KeySet | None = None
        self._tried = self._fetched = float("-inf")
        self._lock = asyncio.Lock()

    async def known(self) -> KeySet:
        """The keys; where they are old one caller asks again, and the others do not wait for it."""
        old = time.monotonic() - self._fetched > KEYS_LAST
        if self._keys is None or (old and not self._lock.locked()):
            return await self.newer_than(self._keys)
        return self._keys

    async def newer_than(self, keys: KeySet | None) -> KeySet:
        """Fetch them again, unless somebody has just done so or tried to."""
        async with self._lock:
            pause = self._pause if keys else min(self._pause, FIRST_PAUSE)
            if self._keys is keys and time.monotonic() - self._tried >= pause:
                await self._refresh()
            if self._keys is None:
                raise TransientError("the issuer's keys cannot be fetched")
            return self._keys

    async def _refresh(self) -> None:
        self._tried = time.monotonic()
        try:
            self._keys = await _fetch(self._url)
        except _NO_KEYS as error:
            log.warning("auth.keys_not_fetched", url=self._url, error=str(error))
            return
        self._fetched = time.monotonic()
        log.info("auth.keys_fetched", url=self._url, keys=len(self._keys.keys))


_NO_KEYS = (OSError, HTTPException, errors.JoseError, ValueError, LookupError, TypeError)
"""What comes of an issuer that is away, or that answers something else."""

# The environment's proxies are for the world outside. An asynchronous client would be a sixth of
# what a service takes to start, for a request an hour.
_open = build_opener(ProxyHandler({})).open


async def _fetch(url: str) -> KeySet:
    async with asyncio.timeout(FETCH_TIMEOUT):
        return KeySet.import_key_set(wire.decode(await asyncio.to_thread(_get, url)))


def _get(url: str) -> bytes:
    with _open(url, timeout=FETCH_TIMEOUT) as response:
        body: bytes = response.read(_LONGEST_ANSWER)
        return body
