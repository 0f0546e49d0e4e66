"""The payment period of QOF 2025/26, day by day (DOMAIN.md 10.9)."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cqrs.console import Progress, Step
from cqrs.england.people import Person as Invented
from cqrs.play import (
    achievement,
    catalogue,
    cut_offs,
    declarations,
    ledger,
    messages,
    offers,
    organisations,
    people,
)
from cqrs.play.asking import PlayError, until
from cqrs.play.cast import APPROVAL, FINANCE_VIEW, Cast, everybody, everybody_at
from cqrs.play.clock import Clock
from cqrs.play.ledger import Books
from cqrs.play.offers import Fates, Terms
from cqrs.play.scene import Mergers, Scene
from cqrs.supervisor.first_people import ADMINISTRATOR, DATA_LOAD, DRAFTING, ENGLAND, PUBLISHING

SERVICE = "QOF2526"
_OFFERED = "2025-03-13"
_YEAR_HAS_ENDED = "2026-04-01"
_PATIENCE = 300.0
_STARTS, _ENDS, _RESPOND_BY = "2025-04-01", "2026-03-31", "2025-03-31"


@dataclass
class Period:
    """What the steps pass on."""

    cast: Cast
    clock: Clock
    progress: Progress
    scene: Scene
    subscriber: Sequence[str]
    """Where the example subscriber finds the ledger's topic: its arguments."""
    people: Path | None
    """The file for the issuer's list of people, where there is one."""
    practices: dict[str, list[str]] = field(default_factory=dict)
    """By ICB."""
    fates: dict[str, Fates] = field(default_factory=dict)
    joining_later: Sequence[Invented] = ()
    """People of organisations that begin during the year."""
    overlaps: Sequence[str] = ()
    """Practices that the files put into two PCNs on one day."""
    quality_service: str = ""
    books: Books | None = None

    @property
    def line(self) -> str:
        """The code all versions of the quality service have."""
        return self.quality_service.partition("/")[0]

    @property
    def left_out(self) -> list[str]:
        """In the roster with a list size, but not commissioned here when offers are made."""
        playing = {code for codes in self.practices.values() for code in codes}
        return [code for code in self.scene.roster.lists if code not in playing]

    @property
    def waiting(self) -> dict[str, int]:
        """How many declarations each ICB decides on: its own, and those of whom it succeeded."""
        counted: Counter[str] = Counter()
        for icb, fates in self.fates.items():
            successors = self.scene.mergers.successors if self.scene.mergers else {}
            counted[successors.get(icb, icb)] += len(fates.participating)
        return dict(counted)

    @property
    def participating(self) -> list[str]:
        return [code for fates in self.fates.values() for code in fates.participating]


async def play(period: Period) -> None:
    """Every step in its order; the first that fails ends the play."""
    for part in (prepare, offer_and_answer, measure, approve, await_messages, reconcile):
        await part(period)


async def prepare(period: Period) -> None:
    period.clock.set("2025-03-12")
    with period.progress.step("Organisations loaded") as step:
        data_load = period.cast.first(DATA_LOAD.subject)
        loaded = await organisations.load(data_load, period.scene.ods_files, step.show)
        step.counts.update(loaded.counts)
        period.overlaps = loaded.overlaps
        await _find_practices(period)
    with period.progress.step("People added") as step:
        joining = everybody(period.scene.roster)
        period.joining_later = await _add_people(period, joining, step)
        if period.people:
            people.list_for_sign_in(period.people, joining)
    with period.progress.step("Catalogue published") as step:
        drafting, publishing = (period.cast.first(p.subject) for p in (DRAFTING, PUBLISHING))
        period.quality_service = await catalogue.publish(drafting, publishing, SERVICE)
        service = await catalogue.specification(drafting, period.quality_service)
        step.counts["indicators"] = catalogue.indicators_in(service)


async def _add_people(
    period: Period, joining: Sequence[Invented], step: Step
) -> Sequence[Invented]:
    administrator = period.cast.first(ADMINISTRATOR.subject)
    later = await people.add(administrator, joining, step.show)
    step.add("people", len(joining) - len(later))
    return later


async def _find_practices(period: Period) -> None:
    """Who can play: open when offers are made, in the roster, and with a list size."""
    someone, roster = period.cast.first(DATA_LOAD.subject), period.scene.roster
    for icb in roster.icbs:
        found = await organisations.practices(someone, icb, _OFFERED)
        period.practices[icb] = [code for code in found if code in roster.lists]
        period.fates[icb] = Fates.drawn(period.practices[icb], period.scene.seed, icb)


async def offer_and_answer(period: Period) -> None:
    period.clock.set(_OFFERED)
    terms = Terms(period.quality_service, _STARTS, _ENDS, _RESPOND_BY)
    cast, fates = period.cast, period.fates
    with period.progress.step("Offers made") as step:
        for icb, practices in period.practices.items():
            step.add("offers", await offers.make(cast, icb, practices, terms))
    period.clock.set("2025-03-18")
    with period.progress.step("Offers answered") as step:
        for icb_fates in fates.values():
            step.add("accepted", await offers.accept(cast, icb_fates.accepting, step.show))
            step.add("rejected", await offers.reject(cast, icb_fates.rejecting))
    period.clock.set("2025-03-24")
    with period.progress.step("Reminded of the response date") as step:
        silent = [code for icb_fates in fates.values() for code in icb_fates.withdrawn]
        await messages.check(cast, period.quality_service, messages.reminders(silent))
        step.counts["practices"] = len(silent)
    period.clock.set("2025-03-28")
    with period.progress.step("Offers taken back") as step:
        for icb, icb_fates in fates.items():
            step.add("withdrawn", await offers.withdraw(cast, icb, icb_fates.withdrawn))
            step.add("cancelled", await offers.cancel(cast, icb, icb_fates.cancelled))


async def measure(period: Period) -> None:
    period.clock.set(_YEAR_HAS_ENDED)
    if period.scene.mergers:
        with period.progress.step("ICBs merged") as step:
            await _merge(period, period.scene.mergers, step)
    if period.joining_later:
        with period.progress.step("People of new organisations added") as step:
            if await _add_people(period, period.joining_later, step):
                raise PlayError("some people's organisations were never there")
    data_load = period.cast.first(DATA_LOAD.subject)
    service = await catalogue.specification(data_load, period.quality_service)
    with period.progress.step("National prevalence loaded") as step:
        prevalences = await asyncio.to_thread(period.scene.prevalences, service)
        step.counts["disease groups"] = await achievement.load_prevalence(
            data_load, period.quality_service, period.scene.source, prevalences
        )
    with period.progress.step("Achievement loaded") as step:
        extract = await asyncio.to_thread(period.scene.extract, service, period.participating)
        step.counts.update(await achievement.load(data_load, extract, step.show))
    with period.progress.step("Provisional payments calculated") as step:
        for icb, expected in period.waiting.items():
            someone = period.cast(APPROVAL, icb)
            step.add("declarations", await declarations.calculated(someone, expected, step.show))
    with period.progress.step("Cut-off loaded") as step:
        await cut_offs.load(data_load, period.line)
        step.counts["declarations still open"] = await _still_open(
            period, sum(period.waiting.values())
        )


async def _still_open(period: Period, expected: int) -> int:
    """Wait until so many are: an offer that was cancelled may not have been heard of yet."""

    async def found() -> int:
        approvers = (period.cast(APPROVAL, icb) for icb in period.waiting)
        return sum([await cut_offs.still_open(someone, period.line) for someone in approvers])

    failing = f"{expected} declarations were to be open before the cut-off"
    return await until(found, lambda number: number == expected, failing, _PATIENCE)


async def _merge(period: Period, mergers: Mergers, step: Step) -> None:
    """The successors' people take over what the predecessors had begun."""
    data_load = period.cast.first(DATA_LOAD.subject)
    since = {"hierarchy_since": _YEAR_HAS_ENDED}
    await organisations.load(data_load, [mergers.mapping], step.show, **since)
    if await _add_people(period, everybody_at(mergers.roster), step):
        raise PlayError("a successor's people could not be added")
    step.counts["ICBs"] = len(mergers.successors)
    step.counts["successors"] = len(mergers.roster.icbs)


async def approve(period: Period) -> None:
    period.clock.set("2026-04-10")
    with period.progress.step("Declared by practices") as step:
        step.counts["declarations"] = await declarations.declare(
            period.cast, period.participating, step.show
        )
    period.clock.set("2026-04-24")
    with period.progress.step("Approved by ICBs") as step:
        step.counts["declarations"] = await declarations.approve(period.cast, period.waiting)
    period.clock.set("2026-06-12")
    with period.progress.step("Approved by finance") as step:
        step.counts["declarations"] = await declarations.approve_for_finance(
            period.cast, period.waiting
        )
        step.counts["open at the cut-off"] = await _still_open(period, 0)


async def await_messages(period: Period) -> None:
    with period.progress.step("Everyone was told") as step:
        concerned = [
            told for icb, fates in period.fates.items() for told in messages.everyone(icb, fates)
        ]
        step.counts["people"] = len({(told.role, told.organisation) for told in concerned})
        step.counts["tasks and messages"] = await messages.check(
            period.cast, period.quality_service, concerned
        )


async def reconcile(period: Period) -> None:
    with period.progress.step("The ledger agrees") as step:
        viewer = period.cast(FINANCE_VIEW, ENGLAND)
        period.books = await ledger.compare(viewer, period.subscriber, len(period.participating))
        step.counts["payments"] = period.books.entries
        step.counts["paid"] = f"£{period.books.pounds:,}"
