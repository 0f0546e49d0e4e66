"""A small OIDC-like issuer for one machine: it signs in whoever is named, so loopback only.

Its key is drawn at start and never leaves the process. Settings by environment: CQRS_PORT,
CQRS_ISSUER (its own address, which tokens carry), CQRS_AUDIENCE, CQRS_ORIGIN (the gateway's,
whose GraphQL page asks for tokens) and CQRS_PEOPLE (the file that lists who may be chosen).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import orjson
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_ALGORITHM = "ES256"
_LOOPBACK = ["127.0.0.1", "localhost"]


class IssuerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CQRS_", frozen=True, extra="ignore")

    port: int
    issuer: str
    audience: str = "cqrs"
    origin: str = ""
    people: Path | None = None
    token_seconds: int = 3_600


class TokenRequest(BaseModel):
    subject: str = Field(min_length=1, max_length=200)


@dataclass(frozen=True)
class Issuer:
    settings: IssuerSettings
    key: ECKey = field(repr=False)

    @classmethod
    def drawn(cls, settings: IssuerSettings) -> "Issuer":
        """An issuer with a key of its own."""
        named = uuid4().hex
        key = ECKey.generate_key("P-256", {"alg": _ALGORITHM, "use": "sig", "kid": named})
        return cls(settings, key)

    def token(self, subject: str) -> str:
        """A token that says its bearer is the subject, by the real clock."""
        now = int(time.time())
        claims = {
            "iss": self.settings.issuer,
            "aud": self.settings.audience,
            "sub": subject,
            "iat": now,
            "exp": now + self.settings.token_seconds,
            "jti": uuid4().hex,
        }
        header = {"alg": _ALGORITHM, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=[_ALGORITHM])

    def public_keys(self) -> Mapping[str, object]:
        return {"keys": [self.key.as_dict(private=False)]}

    def people(self) -> bytes:
        """Who may be chosen: the file as it is now, an empty list before there is one."""
        listed = self.settings.people
        return listed.read_bytes() if listed and listed.exists() else b"[]"


def application(issuer: Issuer) -> Starlette:
    """The issuer's endpoints; a page of another origin is answered nothing it can read."""

    async def discovery(_: Request) -> Response:
        address = issuer.settings.issuer
        return JSONResponse(
            {
                "issuer": address,
                "jwks_uri": f"{address}/jwks",
                "token_endpoint": f"{address}/token",
                "id_token_signing_alg_values_supported": [_ALGORITHM],
            }
        )

    async def keys(_: Request) -> Response:
        return JSONResponse(issuer.public_keys())

    async def people(_: Request) -> Response:
        return Response(issuer.people(), media_type="application/json")

    async def token(request: Request) -> Response:
        try:
            asked = TokenRequest.model_validate(orjson.loads(await request.body()))
        except (orjson.JSONDecodeError, ValidationError):
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        lifetime = issuer.settings.token_seconds
        answer = {"access_token": issuer.token(asked.subject), "token_type": "Bearer"}
        return JSONResponse(
            {**answer, "expires_in": lifetime}, headers={"Cache-Control": "no-store"}
        )

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks", keys),
            Route("/people", people),
            Route("/token", token, methods=["POST"]),
            Route("/health/ready", keys),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK),
            Middleware(
                CORSMiddleware,
                allow_origins=[issuer.settings.origin] if issuer.settings.origin else [],
                allow_methods=["GET", "POST"],
                allow_headers=["Content-Type"],
            ),
        ],
    )


def serve(settings: IssuerSettings) -> None:
    """Be the issuer until told to stop."""
    uvicorn.run(
        application(Issuer.drawn(settings)),
        host="127.0.0.1",
        port=settings.port,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    serve(IssuerSettings())  # type: ignore[call-arg]  # filled from the environment
