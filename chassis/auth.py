"""Who is calling: OIDC bearer tokens, verified here and not by anyone in front."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A token says who; what they may do comes from the directory."""

    issuer: str
    subject: str
