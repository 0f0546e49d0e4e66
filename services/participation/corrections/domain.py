"""A corrected quality service, and what becomes of the offers that were made of it before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nhs.values import Period
from services.participation.catalogue.domain import AcceptedOffers
from services.participation.offers.domain.offer import Offer, Status


class Stays(StrEnum):
    """Why an offer stays with the version it was made of."""

    KEPT = "KEPT"
    """It was accepted, and accepted offers are kept."""
    OUTSIDE_SERVICE_DATES = "OUTSIDE_SERVICE_DATES"
    """It has days on which the corrected version does not run."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A version that follows another of its line, published or about to be."""

    id: str
    code: str
    version: int
    starts_on: date
    ends_on: date
    accepted_offers: AcceptedOffers

    def keeps(self, offer: Offer) -> Stays | None:
        """Why the offer stays where it is; None if it moves.

        Nobody is to accept what has been corrected: what awaits an answer moves in any case.
        """
        if offer.status is Status.APPROVED and self.accepted_offers is AcceptedOffers.KEEP:
            return Stays.KEPT
        runs = Period(self.starts_on, self.ends_on)
        within = offer.starts_on in runs and offer.ends_on in runs
        return None if within else Stays.OUTSIDE_SERVICE_DATES


@dataclass(frozen=True, slots=True)
class Touched:
    """An offer of an earlier version, and why it stays there; None if it moves."""

    offer: Offer
    stays: Stays | None


@dataclass(frozen=True, slots=True)
class Impact:
    """Whom a correction touches, in the order of the providers' codes."""

    correction: Correction
    touched: Sequence[Touched]

    @classmethod
    def of(cls, correction: Correction, offers: Sequence[Offer]) -> "Impact":
        return cls(correction, [Touched(offer, correction.keeps(offer)) for offer in offers])

    @property
    def moved(self) -> list[Offer]:
        """The offers as they are once they have moved."""
        staying = self.correction.id
        return [one.offer.move(staying) for one in self.touched if one.stays is None]

    @property
    def counts(self) -> dict[str, int]:
        offers = [one.offer for one in self.touched]
        moving = len([one for one in self.touched if one.stays is None])
        return {
            "touched": len(offers),
            "offered": len([offer for offer in offers if offer.status is Status.OFFERED]),
            "approved": len([offer for offer in offers if offer.status is Status.APPROVED]),
            "providers": len({offer.provider for offer in offers}),
            "commissioners": len({offer.commissioner for offer in offers}),
            "moves": moving,
            "stays": len(offers) - moving,
            **{f"stays.{why}": n for why, n in Counter(filter(None, self._staying)).items()},
        }

    @property
    def _staying(self) -> list[Stays | None]:
        return [one.stays for one in self.touched]

    @property
    def message(self) -> str:
        counts = self.counts
        if not counts["touched"]:
            return f"{self.correction.id} touches no offers"
        return (
            f"{self.correction.id} touches {counts['touched']} offer(s) to "
            f"{counts['providers']} provider(s): {counts['moves']} would move to it, "
            f"{counts['stays']} would stay with the version they were made of"
        )
