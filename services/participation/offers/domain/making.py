"""Whom a service may be offered, and on what terms."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.errors import NOT_YET_KNOWN, DomainError
from nhs.values import Period
from services.participation.offers.domain.offer import Offer, Status, check_response_date, refuse
from services.participation.offers.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Service:
    """What an offer must know of the quality service it is an offer of."""

    id: str
    code: str
    payment_type: str | None
    provider_kind: str
    starts_on: date
    ends_on: date
    requires_pcn_membership: bool
    accepted_on_behalf: bool = False
    corrected_by: str | None = None
    """The version published since."""
    ours: bool = True
    """Whether the acting organisation may offer it: a scheme of claims is its owner's."""

    def check(self) -> None:
        if not self.ours:
            refuse("NOT_YOUR_SERVICE", f"{self.id} is a scheme of another commissioner.", _SERVICE)
        if self.corrected_by:
            message = f"{self.id} has been corrected: offer {self.corrected_by}."
            refuse("VERSION_CORRECTED", message, _SERVICE)


_SERVICE = "qualityService"


@dataclass(frozen=True, slots=True)
class Terms:
    """What every offer made by one command has in common."""

    service: Service
    commissioner: str
    starts_on: date
    ends_on: date
    response_due_on: date
    target_on: date | None

    def check(self, today: date) -> None:
        self.service.check()
        if self.ends_on < self.starts_on:
            refuse("DATES_REVERSED", "The offer would end before it starts.", "endsOn")
        allowed = Period(self.service.starts_on, self.service.ends_on)
        for day, field in ((self.starts_on, "startsOn"), (self.ends_on, "endsOn")):
            if day not in allowed:
                message = f"{self.service.id} runs from {allowed.start} to {allowed.end}."
                refuse("OUTSIDE_SERVICE_DATES", message, field)
        check_response_date(self.response_due_on, today, self.ends_on)
        if self.target_on and self.target_on > self.ends_on:
            refuse("OUTSIDE_SERVICE_DATES", f"The offer ends on {self.ends_on}.", "targetOn")

    def offer_to(self, provider: str, identity: UUID, at: datetime) -> Offer:
        return Offer(
            id=identity,
            version=1,
            quality_service=self.service.id,
            service_code=self.service.code,
            payment_type=self.service.payment_type,
            provider=provider,
            commissioner=self.commissioner,
            status=Status.OFFERED,
            cancel_kind=None,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            response_due_on=self.response_due_on,
            target_on=self.target_on,
            ended_on=None,
            reason=None,
            offered_at=at,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation that is to be offered a service, as the directory knows it."""

    ods_code: str
    kind: str | None
    """None where nobody has heard of it."""
    active: bool
    closed_on: date | None
    commissioned: bool
    """By the acting organisation, on some day of the offer."""
    in_pcn: bool
    """On the offer's first day."""
    last_member_on: date | None
    live: Status | None
    """The status of the offer of this service line it has already."""
    took_part_until: date | None = None
    """On days of the offer to come, by one of this line that has been cancelled since."""

    def check(self, terms: Terms) -> None:
        """Raise the first reason why it cannot be offered the service."""
        if self.kind is None:
            refuse(NOT_YET_KNOWN, f"No organisation {self.ods_code} has been heard of yet.")
        if not self.commissioned:
            refuse(
                "NOT_COMMISSIONED",
                f"{self.ods_code} is not commissioned by {terms.commissioner} in this time.",
            )
        if self.kind != terms.service.provider_kind:
            refuse(
                "PROVIDER_KIND",
                f"{terms.service.id} is for a {terms.service.provider_kind}; "
                f"{self.ods_code} is a {self.kind}.",
            )
        if self._closed_before(terms.starts_on):
            refuse("PROVIDER_CLOSED", f"{self.ods_code} is closed.")
        if terms.service.requires_pcn_membership and not self.in_pcn:
            refuse("NOT_IN_A_PCN", f"{self.ods_code} is in no PCN on {terms.starts_on}.")
        if self.live:
            raise second_offer(self.ods_code, terms.service.code, self.live)
        if self.took_part_until:
            # nothing is declared and paid twice for the same days
            until = self.took_part_until
            message = f"{self.ods_code} took part until {until}: offer it from the day after."
            refuse("TOOK_PART_ALREADY", message, "startsOn")

    @property
    def standing(self) -> Standing:
        return Standing(self.closed_on, self.last_member_on)

    def _closed_before(self, day: date) -> bool:
        return self.closed_on < day if self.closed_on else not self.active


def second_offer(ods_code: str, service_code: str, live: str | None = None) -> DomainError:
    stands = f" that is {live}" if live else ""
    return DomainError(
        "OFFER_EXISTS", f"{ods_code} has an offer of {service_code}{stands} already."
    )
