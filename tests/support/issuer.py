"""An issuer of tokens for the tests, good ones and bad ones, with its keys on real HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

AUDIENCE = "cqrs"


class TestIssuer:
    """Its keys are drawn once; `fetches` counts how often somebody asked for the public ones.

    While `answers` is not set it lets them wait.
    """

    __test__ = False

    def __init__(self) -> None:
        self.keys: list[RSAKey | ECKey] = [_key("first")]
        self.fetches = 0
        self.away = False
        self.nonsense = ""
        self.answers = asyncio.Event()
        self.answers.set()
        self.address = ""

    def rotate(self, name: str) -> None:
        self.keys.insert(0, _key(name))

    def token(self, subject: str = "anna", *, key: Any = None, **claims: Any) -> str:
        signing = key or self.keys[0]
        said = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": subject,
            "exp": int(time.time()) + 300,
            **claims,
        }
        header = {"alg": "ES256", "kid": signing.kid}
        return jwt.encode(header, {k: v for k, v in said.items() if v is not None}, signing)

    @property
    def jwks_url(self) -> str:
        return f"{self.address}/jwks"

    async def _jwks(self, _: web.Request) -> web.Response:
        self.fetches += 1
        await self.answers.wait()
        if self.away:
            return web.Response(status=503)
        if self.nonsense:
            return web.Response(text=self.nonsense)
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.keys]})

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/jwks", self._jwks)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner


def _key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


@pytest.fixture
async def issuer() -> AsyncIterator[TestIssuer]:
    issuer = TestIssuer()
    runner = await issuer.start()
    yield issuer
    await runner.cleanup()
