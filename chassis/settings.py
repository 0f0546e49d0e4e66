"""What a process is told from outside: environment variables that begin with CQRS_.

Read in a service's `__main__` and nowhere else.
"""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CQRS_", frozen=True, extra="ignore")

    database_url: SecretStr
    """The service's own database and role; it holds a password, so it is never logged."""
    pool_size: int = Field(default=10, ge=2)
    kafka: str = "127.0.0.1:9092"
    """Bootstrap servers, comma-separated."""
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    """With a username: SASL PLAIN."""
    kafka_forgetful: bool = False
    """Set on the embedded broker: it drops the oldest records of any topic."""
    kafka_session_timeout_ms: int = Field(default=10_000, ge=1_000)
    """2,000 on the embedded broker: after a kill it keeps the dead member twice as long."""
    kafka_fetch_max_wait_ms: int = Field(default=500, ge=1)
    """20 on the embedded broker, which does not wake a waiting fetch."""

    issuer: str
    audience: str = "cqrs"
    jwks_url: str

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    stop_seconds: int = Field(default=1, ge=1)
    """How long requests in flight may go on once the process is told to stop."""
    body_limit: int = Field(default=1_048_576, ge=1_024)
    """Bytes of a GraphQL request."""

    now: str = ""
    """The business clock: empty is real, else a moment, `moment@rate` or `file:PATH`."""
    demonstration: bool = False

    files: Path = Path("files")
    files_key: SecretStr
    """Signs upload and download paths; shared by all processes of one service."""

    log_level: str = "info"
    log_format: str = Field(default="json", pattern="^(json|console)$")
