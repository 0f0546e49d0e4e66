"""What organisations tells of proposals: all of one, with everything that becomes of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.outbox import Event
from chassis.service import EventContract
from services.organisations.network.proposals.domain import Change, Proposal, Status

TOPIC: Final = "organisations.membership-proposal"


class MembershipProposal(BaseModel):
    """A PCN's proposal that a practice joins or leaves it, as it is now."""

    id: UUID
    version: int = Field(description="Counts its changes from 1")
    practice: str = Field(description="ODS code of the practice")
    pcn: str = Field(description="ODS code of the PCN that proposes it")
    kind: Literal["JOIN", "LEAVE"]
    effective_on: date = Field(
        description="JOIN: the first day as a member; LEAVE: the first day as a member no more"
    )
    status: Literal["PROPOSED", "CONFIRMED", "REFUSED", "WITHDRAWN", "OVERTAKEN"]
    reason: str = Field(description="Why it is proposed")
    refusal_reason: str | None = Field(default=None, description="Why it was refused")
    commissioner: str = Field(description="ODS code of the organisation that is to decide")
    proposed_by: UUID = Field(description="The person who proposed it")
    proposed_for: str = Field(description="ODS code of the PCN they acted for")
    at: datetime = Field(description="When this happened, on the business clock")
    by: UUID | None = Field(description="The person who did it; null where an import of ODS did")
    acting_for: str | None = Field(description="ODS code of the organisation they acted for")
    action: UUID = Field(description="Shared by all events of one command")


def event_type(status: Status) -> str:
    return f"membership.{status.lower()}.v1"


def happened(proposals: Sequence[Proposal], change: Change, action: UUID) -> list[Event]:
    """One event each, by what has become of it."""
    return [
        Event(event_type(one.status), TOPIC, str(one.id), _payload(one, change, action))
        for one in proposals
    ]


def _payload(one: Proposal, change: Change, action: UUID) -> dict[str, object]:
    return MembershipProposal(
        id=one.id,
        version=one.version,
        practice=one.practice,
        pcn=one.pcn,
        kind=one.kind.value,
        effective_on=one.effective_on,
        status=one.status.value,
        reason=one.reason,
        refusal_reason=one.refusal_reason,
        commissioner=one.commissioner,
        proposed_by=one.proposed_by,
        proposed_for=one.pcn,
        at=change.at,
        by=change.by,
        acting_for=change.acting_for,
        action=action,
    ).model_dump(mode="json")


_DESCRIPTIONS: Final = {
    Status.PROPOSED: "A PCN proposed that a practice joins or leaves it",
    Status.CONFIRMED: "The commissioner confirmed the proposal: the membership is as it says",
    Status.REFUSED: "The commissioner refused the proposal, and said why",
    Status.WITHDRAWN: "The PCN withdrew the proposal before it was decided",
    Status.OVERTAKEN: "An import of ODS left nothing to decide: it is so already, or cannot be",
}


def _example(status: Status) -> MembershipProposal:
    by_import = status is Status.OVERTAKEN
    decider = "QZ9" if status in (Status.CONFIRMED, Status.REFUSED) else "U99001"
    return MembershipProposal(
        id=UUID("0198c0de-0000-7000-8000-000000000011"),
        version=1 if status is Status.PROPOSED else 2,
        practice="A99001",
        pcn="U99001",
        kind="JOIN",
        effective_on=date(2026, 7, 1),
        status=status.value,
        reason="The practice moves to our neighbourhood",
        refusal_reason="Its list would leave the other network too small"
        if status is Status.REFUSED
        else None,
        commissioner="QZ9",
        proposed_by=UUID("0198c0de-0000-7000-8000-000000000012"),
        proposed_for="U99001",
        at=datetime(2026, 5, 11, 9, 30, tzinfo=UTC),
        by=None if by_import else UUID("0198c0de-0000-7000-8000-000000000013"),
        acting_for=None if by_import else decider,
        action=UUID("0198c0de-0000-7000-8000-000000000014"),
    )


CONTRACTS: Final = tuple(
    EventContract(event_type(one), TOPIC, _DESCRIPTIONS[one], MembershipProposal, _example(one))
    for one in Status
)
