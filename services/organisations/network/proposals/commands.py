"""What becomes of proposals: load, decide, save, tell."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from chassis import outbox
from chassis.choice import Choice as ChoiceOf
from chassis.choice import Chooser
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from chassis.ids import new_id
from nhs.directory import Acting, Principal
from nhs.roles import OrganisationKind, Role
from services.organisations.directory import commands as directory
from services.organisations.directory.domain import Author
from services.organisations.directory.events import Change as What
from services.organisations.directory.events import OrganisationChange
from services.organisations.network import store as network
from services.organisations.network.domain import Origin, Span
from services.organisations.network.proposals import events, store
from services.organisations.network.proposals.domain import (
    Change,
    Ground,
    Kind,
    Outcome,
    Proposal,
    ProposalFilter,
    Refused,
    Status,
    said,
    to_decide,
)
from services.organisations.network.proposals.store import Held, Memberships

Choice = ChoiceOf[UUID, ProposalFilter]


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, when, under which key, and whether only to be shown what would happen."""

    principal: Principal
    now: datetime
    key: IdempotencyKey | None = None
    dry_run: bool = False

    def change(self, reason: str | None = None) -> Change:
        who = self.principal
        return Change(self.now, who.person_id, who.organisation, reason)

    def chooser(self, operation: str) -> Chooser:
        who = self.principal
        return Chooser(who.person_id, who.organisation, operation, self.now, self.dry_run)


@dataclass(frozen=True, slots=True)
class New:
    practice: str
    kind: Kind
    effective_on: date
    reason: str | None


async def propose(db: Database, ask: Ask, new: New) -> UUID:
    """Propose that a practice joins or leaves the PCN acted for; its commissioner is told."""
    ask.principal.require(Role.PCN_MANAGEMENT)

    async def work(tx: Tx) -> UUID:
        one, above = await _drafted(tx, ask, new)
        memberships = await store.lock_practices(tx, [one.practice])
        decider = Acting(above, ask.principal.today)
        ground = (await store.grounds(tx, [one], memberships, decider))[one.id]
        one.check(ground, ask.principal.today)
        await store.insert(tx, one)
        await _tell(tx, [one], ask.change(one.reason))
        return one.id

    async with db.transaction() as tx:
        return await once(tx, ask.key, UUID, lambda: work(tx), now=ask.now)


async def _drafted(tx: Tx, ask: Ask, new: New) -> tuple[Proposal, str]:
    """The proposal, and the highest of those that may decide it."""
    pcn, reason = ask.principal.organisation, said(new.reason)
    kind = (await store.kinds(tx, [new.practice])).get(new.practice)
    if kind != OrganisationKind.PRACTICE:
        message = f"There is no practice {new.practice} here."
        raise DomainError("ORGANISATION_NOT_FOUND", message, field="practice")
    above = await store.commissioners(tx, pcn, ask.principal.today)
    if not above:
        raise DomainError("NO_COMMISSIONER", f"Nobody is known to commission {pcn}.")
    one = Proposal(
        id=new_id(),
        version=1,
        practice=new.practice,
        pcn=pcn,
        kind=new.kind,
        effective_on=new.effective_on,
        reason=reason,
        commissioner=to_decide(above),
        status=Status.PROPOSED,
        proposed_at=ask.now,
        proposed_by=ask.principal.person_id,
    )
    return one, above[-1].code


async def withdraw(db: Database, ask: Ask, id_: UUID, version: int) -> UUID:
    """Take back a proposal of the PCN acted for."""
    ask.principal.require(Role.PCN_MANAGEMENT)

    async def work(tx: Tx) -> UUID:
        held = (await store.held(tx, ask.principal.acting, [id_], lock=True)).get(id_)
        if held is None or not held.own:
            message = "There is no such proposal of the PCN you act for."
            raise DomainError("PROPOSAL_NOT_FOUND", message, field="id")
        held.proposal.seen_at(version)
        withdrawn = held.proposal.withdraw(ask.now)
        await _save(tx, [withdrawn], ask.change())
        return id_

    async with db.transaction() as tx:
        return await once(tx, ask.key, UUID, lambda: work(tx), now=ask.now)


@dataclass(slots=True)
class _Decided:
    """What a commissioner decides of each proposal."""

    decided: list[tuple[Proposal, list[Span]]] = field(default_factory=list)
    """Each with its practice's memberships, as they are to be."""
    refused: list[Refused] = field(default_factory=list)

    @property
    def proposals(self) -> list[Proposal]:
        return [one for one, _ in self.decided]

    def outcome(self, done: str, *, dry_run: bool) -> Outcome:
        ids = [one.id for one in self.proposals]
        will = "would be" if dry_run else "have been successfully"
        return Outcome(
            done=ids,
            refused=self.refused,
            message=f"The selected proposal(s) {will} {done}" if ids else "Nothing was done",
            counts={"done": len(ids), "refused": len(self.refused)},
        )


@dataclass(frozen=True, slots=True)
class _Action:
    """A decision: what it is called, and what comes of a proposal and its practice."""

    name: str
    done: str
    decide: Callable[[Proposal, Ground], tuple[Proposal, list[Span]]]
    reason: str | None = None


async def confirm(db: Database, ask: Ask, choice: Choice) -> Outcome:
    """Take what is proposed for true, from its day on."""
    action = _Action(
        "confirmMembershipProposals",
        "Confirmed",
        lambda one, ground: (one.confirm(ask.now), one.becomes(ground)),
    )
    return await _decide(db, ask, action, choice)


async def refuse(db: Database, ask: Ask, choice: Choice, reason: str | None) -> Outcome:
    why = said(reason)
    action = _Action(
        "refuseMembershipProposals",
        "Refused",
        lambda one, ground: (one.refuse(ask.now, why), list(ground.memberships)),
        why,
    )
    return await _decide(db, ask, action, choice)


async def _decide(db: Database, ask: Ask, action: _Action, choice: Choice) -> Outcome:
    ask.principal.require(Role.ORGANISATION_ADMINISTRATOR)

    async def work(tx: Tx) -> Outcome:
        chooser = ask.chooser(action.name)
        chosen = await chooser.chosen(tx, choice, lambda *wanted: _matching(tx, ask, *wanted))
        known, decided = await _judged(tx, ask, chosen, action)
        outcome = decided.outcome(action.done, dry_run=ask.dry_run)
        if ask.dry_run:
            shown = [(id_, chosen[id_]) for id_ in outcome.done]
            return replace(outcome, selection=await chooser.shown(tx, shown))
        await _save(tx, decided.proposals, ask.change(action.reason))
        await _become(tx, ask, known, decided.decided)
        return outcome

    async with db.transaction() as tx:
        return await once(
            tx,
            ask.key,
            Outcome,
            lambda: work(tx),
            now=ask.now,
            keep=lambda outcome: bool(outcome.done) and not ask.dry_run,
        )


async def _matching(tx: Tx, ask: Ask, wanted: ProposalFilter, most: int) -> list[tuple[UUID, int]]:
    within = replace(wanted, to_decide=True)
    return await store.matching(tx, ask.principal.acting, within, most)


async def _judged(
    tx: Tx, ask: Ask, chosen: Mapping[UUID, int], action: _Action
) -> tuple[Memberships, _Decided]:
    if not ask.dry_run:
        await network.alone(tx)
    acting, decided = ask.principal.acting, _Decided()
    held = await store.held(tx, acting, chosen, lock=not ask.dry_run)
    proposals = [one.proposal for one in held.values()]
    known = await store.lock_practices(tx, (one.practice for one in proposals))
    grounds = await store.grounds(tx, proposals, known, acting)
    for id_, version in chosen.items():
        try:
            one = _open_to(held.get(id_), version)
            decided.decided.append(action.decide(one, grounds[id_]))
        except DomainError as error:
            decided.refused.append(Refused.of(id_, error))
    return known, decided


def _open_to(held: Held | None, version: int) -> Proposal:
    """The proposal, if the organisation acted for may decide it as it was seen."""
    if held is None or not (held.to_decide or held.own):
        raise DomainError("PROPOSAL_NOT_FOUND", "There is no such proposal in your sight.")
    if not held.to_decide:
        message = f"It is not yours to decide who is in {held.proposal.pcn}."
        raise DomainError("NOT_YOURS", message)
    held.proposal.seen_at(version)
    return held.proposal


async def _become(
    tx: Tx, ask: Ask, known: Memberships, decided: Sequence[tuple[Proposal, Sequence[Span]]]
) -> None:
    """Have memberships be as proposed; what was known is kept as known until now."""
    started: list[tuple[Proposal, Span]] = []
    ended: list[UUID] = []
    changes: dict[str, list[OrganisationChange]] = {}
    for one, spans in decided:
        before = known[one.practice]
        ended += [id_ for span, id_ in before.items() if span not in spans]
        started += [(one, span) for span in spans if span not in before]
        if new := list(_changes(before, spans)):
            changes[one.practice] = new
    await network.write_spans(tx, ended, {}, ask.now)
    await store.start(tx, started, ask.now)
    who = ask.principal
    author = Author(who.person_id, who.organisation)
    await directory.tell(tx, changes, ask.now, author=author, changes=changes)


def _changes(before: Collection[Span], after: Sequence[Span]) -> Iterator[OrganisationChange]:
    """What people are told of: memberships that have an end now, and those that are new."""
    for span in after:
        if span not in before:
            begins = all(span.valid_from != known.valid_from for known in before)
            yield OrganisationChange(
                change=What.MEMBERSHIP_STARTED if begins else What.MEMBERSHIP_ENDED,
                target=span.target,
                valid_from=span.valid_from,
                valid_to=span.valid_to,
                origin=Origin.PROPOSAL,
            )


async def overtake(tx: Tx, changed: Collection[str], at: datetime, file_import: UUID) -> None:
    """Close proposals that an import, which changed these organisations, has made moot."""
    waiting = await store.pending_of(tx, changed)
    known = await store.lock_practices(tx, (one.practice for one in waiting))
    grounds = await store.grounds(tx, waiting, known, None)
    moot = [one.overtake(at) for one in waiting if one.is_moot(grounds[one.id])]
    await _save(tx, moot, Change(at, file_import=file_import))


async def _save(tx: Tx, changed: Sequence[Proposal], change: Change) -> None:
    if changed:
        await store.save(tx, changed)
        await _tell(tx, changed, change)


async def _tell(tx: Tx, changed: Sequence[Proposal], change: Change) -> None:
    await store.remember(tx, changed, change)
    await outbox.record(tx, events.happened(changed, change, new_id()), at=change.at)
