"""What a person reads at the end of a run."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from cqrs.console import Progress, shown
from cqrs.play.cast import (
    APPROVAL,
    COMMISSIONING,
    DECLARATION,
    FINANCE,
    FINANCE_VIEW,
    SERVICE,
    SUPERVISOR,
)
from cqrs.play.period import Period
from cqrs.supervisor.first_people import ENGLAND, FIRST_PEOPLE

_NAMED = 20
"""Practices that are named; of more, the first."""


def print_summary(period: Period, events: Mapping[str, int]) -> None:
    """Counts and time of each step, events by topic, the total."""
    progress = period.progress
    progress.say()
    progress.console.print(_steps(progress))
    if events:
        progress.console.print(_topics(events))
    _name(progress, "In two PCNs on one day, by the files", period.overlaps)
    _name(progress, "Not playing, without a known list size", period.scene.roster.without_list)
    _name(progress, "Not playing, not there when offers are made", period.left_out)
    if period.books:
        progress.say(
            f"[bold]£{period.books.pounds:,} authorised in {period.books.entries:,} payments;"
            " the subscriber's ledger and GraphQL agree to the penny.[/bold]"
        )


def print_doors(period: Period, gateway: str, mails: str) -> None:
    """Where to look, and as whom."""
    progress = period.progress
    progress.say()
    progress.say(f"GraphQL page:  {gateway}/graphql")
    if mails:
        progress.say(f"Mails so far:  {mails}")
    progress.say("Sign in there as one of these, or with `python -m cqrs token SUBJECT`:")
    progress.console.print(_people(period))


def _name(progress: Progress, what: str, practices: Sequence[str]) -> None:
    if practices:
        listed = ", ".join(practices[:_NAMED]) + (", …" if len(practices) > _NAMED else "")
        progress.say(f"{what}: {len(practices)} ({listed})")


def _steps(progress: Progress) -> Table:
    table = Table("Step", "What came of it", title="The payment period", title_justify="left")
    table.add_column("Seconds", justify="right")
    for step in progress.steps:
        told = ", ".join(f"{shown(value)} {name}" for name, value in step.counts.items())
        table.add_row(step.name, told, f"{step.seconds:.1f}")
    return table


def _topics(events: Mapping[str, int]) -> Table:
    table = Table("Topic", title="Events", title_justify="left")
    table.add_column("Events", justify="right")
    for topic, count in events.items():
        if count:
            table.add_row(topic, f"{count:,}")
    return table


def _people(period: Period) -> Table:
    table = Table()
    for column in ("Subject", "For (X-Acting-For)", "Who"):
        table.add_column(column, no_wrap=True)
    for first in FIRST_PEOPLE:
        table.add_row(first.subject, ENGLAND, first.name)
    icb = next(iter(period.practices))
    practice = period.fates[icb].participating[0]
    at = {
        ENGLAND: (FINANCE_VIEW,),
        icb: (COMMISSIONING, APPROVAL, FINANCE, SUPERVISOR),
        practice: (SERVICE, DECLARATION),
    }
    for organisation, titles in at.items():
        for title in titles:
            table.add_row(period.cast(title, organisation).subject, organisation, title)
    return table
