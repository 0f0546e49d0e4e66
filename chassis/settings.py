"""What a process is told from outside: environment variables that begin with CQRS_.

Read in a service's `__main__` and nowhere else.
"""

import re
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.mail import Tls
from chassis.objects import Bucket


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
    start_seconds: float = Field(default=60.0, gt=0)
    """How long a process waits at its start for a migrated database, and a worker for its topics;
    then it ends, and says what is missing."""
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
    objects: str = ""
    """Where what is kept for good goes: a folder, or `s3://bucket`; empty: `objects` in files."""
    objects_endpoint: str = ""
    """The S3-compatible store's address; empty for Amazon's own."""
    objects_region: str = ""
    objects_access_key: str = ""
    """Empty: what the environment gives, such as the role of the machine."""
    objects_secret_key: SecretStr = SecretStr("")

    smtp_host: str = ""
    """The mail server; without one no mail is sent."""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_tls: Tls = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_connections: int = Field(default=4, ge=1, le=50)
    smtp_sender: str = ""
    """The address mails come from."""
    mail_daily_hour: int = Field(default=7, ge=0, le=23)
    """When daily mails are written, by the business clock on the wall in England."""
    mail_key: SecretStr = SecretStr("")
    """Signs links in mails. They are followed long after, so it stays when other keys change."""
    public_url: str = ""
    """Where people reach the system: links in mails begin so."""
    help_email: str = ""
    """Whom people may turn to; shown in mails."""
    help_telephone: str = ""

    log_level: str = Field(default="info", pattern="^(debug|info|warning|error|critical)$")
    log_format: str = Field(default="json", pattern="^(json|console)$")

    @property
    def objects_place(self) -> Path | Bucket:
        if not self.objects.startswith("s3://"):
            return Path(self.objects) if self.objects else self.files / "objects"
        return Bucket(
            url=self.objects,
            endpoint=self.objects_endpoint,
            region=self.objects_region,
            access_key=self.objects_access_key,
            secret_key=self.objects_secret_key.get_secret_value(),
        )

    @model_validator(mode="after")
    def _objects_can_be_found(self) -> "Settings":
        if not re.fullmatch(r"(?!s3:).*|s3://[a-z0-9][a-z0-9.-]+(/.*)?", self.objects):
            raise ValueError("objects is a folder, or s3://bucket")
        if not re.fullmatch(r"|https?://[^/\s]+/?", self.objects_endpoint):
            raise ValueError("objects_endpoint is http://host:port or https://host:port")
        if bool(self.objects_access_key) != bool(self.objects_secret_key):
            raise ValueError("objects_access_key and objects_secret_key come together")
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> "Settings":
        if self.smtp_host and not (self.smtp_sender and self.mail_key and self.public_url):
            raise ValueError("smtp_host needs smtp_sender, mail_key and public_url beside it")
        if self.smtp_username and self.smtp_tls == "none":
            raise ValueError("smtp_username needs smtp_tls: a password is not sent in the clear")
        return self


def settings_at_fault(error: ValidationError) -> str:
    """Each variable and what is wrong with it; without its value, which might be a secret."""
    return "; ".join(
        f"CQRS_{'.'.join(map(str, wrong['loc'])).upper()}: {wrong['msg']}"
        if wrong["loc"]
        else wrong["msg"]  # of several together: it names them
        for wrong in error.errors()
    )
