"""What the gateway is told from outside: environment variables that begin with CQRS_."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class GatewaySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CQRS_", frozen=True, extra="ignore")

    supergraph: Path = Path("contracts/supergraph.graphql")
    subgraphs: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    """Where the services are: `organisations=http://127.0.0.1:8001,…`. Those that are not named
    are looked for where the supergraph says."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    stop_seconds: float = Field(default=1.0, gt=0)
    """How long requests in flight may go on once the process is told to stop."""

    seconds: float = Field(default=10, gt=0, le=30)
    """How long a query may take where the client does not say."""
    mutation_seconds: float = Field(default=30, gt=0, le=30)
    query_seconds: float = Field(default=5, gt=0)
    """How long one service may take of that for a query."""
    connections: int = Field(default=100, ge=1)
    streams: int = Field(default=2_000, ge=0)
    """How many subscriptions may be open."""
    streams_each: int = Field(default=20, ge=0)
    """How many of them for one token."""
    kept_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    """How much memory checked and planned queries may take, about."""
    passed_headers: tuple[str, ...] = ()
    """More headers for the services, beyond Authorization, X-Acting-For and traceparent."""
    introspection: bool = True
    sign_in: str = ""
    """The built-in issuer of a demonstration; the page lets one choose a person of it."""
    file_limit: int = Field(default=256 * 1024 * 1024, ge=1)
    """Bytes of a file on its way to a service, which has its own limit for each kind."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error|critical)$")
    log_format: str = Field(default="json", pattern="^(json|console)$")

    @field_validator("subgraphs", mode="before")
    @classmethod
    def _pairs(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        pairs = [pair.partition("=") for pair in given.split(",") if pair.strip()]
        if any(not sign for _, sign, _ in pairs):
            raise ValueError("each is NAME=URL, with commas between them")
        return {name.strip(): url.strip().rstrip("/") for name, _, url in pairs}
