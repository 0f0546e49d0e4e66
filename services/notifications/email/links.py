"""Links in mails that need no signing in: each names a person and what they want no more of."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.notifications.preferences.domain import Kind

DAILY: Final = "DAILY"
"""In the place of a kind: the digest."""
PATH: Final = "/unsubscribe/{person}/{kind}/{signature}"
_MOUNTED: Final = "/links/notifications"
_PURPOSE: Final = b"unsubscribe"


@dataclass(frozen=True, slots=True)
class Wish:
    person: UUID
    kind: Kind | None
    """None for the digest."""

    @property
    def said(self) -> str:
        return self.kind or DAILY


@dataclass(frozen=True, slots=True)
class Links:
    public_url: str
    key: bytes = field(repr=False)

    def unsubscribe(self, wish: Wish) -> str:
        """The link, which stays good: it is followed from mails that were kept."""
        path = PATH.format(person=wish.person, kind=wish.said, signature=self._sign(wish))
        return f"{self.public_url}{_MOUNTED}{path}"

    def read(self, person: str, kind: str, signature: str) -> Wish | None:
        """What the link asks for; None if it is not one of ours."""
        try:
            wish = Wish(UUID(person), None if kind == DAILY else Kind(kind))
        except ValueError:
            return None
        return wish if hmac.compare_digest(signature.encode(), self._sign(wish).encode()) else None

    def _sign(self, wish: Wish) -> str:
        signed = b"\n".join((_PURPOSE, str(wish.person).encode(), wish.said.encode()))
        made = hmac.new(self.key, signed, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
