"""What a storm did, as a person reads it."""

from rich.table import Table

from cqrs.console import Progress
from cqrs.storm.storm import Counted

_NAMED = 10


def show(progress: Progress, counted: Counted, seed: int) -> None:
    progress.say()
    progress.console.print(_faults(counted, seed))
    progress.console.print(_counts(counted))
    if (findings := counted.findings) is None:
        return
    for what in ("lost", "doubled", "reordered"):
        for one in getattr(findings, what)[:_NAMED]:
            progress.say(f"{what}: {one}")


def _faults(counted: Counted, seed: int) -> Table:
    title = f"A storm of {counted.seconds / 60:.1f} minutes, seed {seed}"
    table = Table("Fault", title=title, title_justify="left")
    table.add_column("Times", justify="right")
    table.add_column("Slowest recovery, s", justify="right")
    for kind, seconds in sorted(counted.recoveries.items()):
        table.add_row(kind, str(len(seconds)), f"{max(seconds):.1f}")
    table.add_row("clock set by the play", str(counted.clock_set), "")
    return table


def _counts(counted: Counted) -> Table:
    table = Table("What came of it")
    table.add_column("", justify="right")
    rows = {
        "payment periods": counted.periods,
        "commands acknowledged, row by row": counted.commands,
        "requests asked again": counted.asked_again,
    }
    if findings := counted.findings:
        rows |= {
            "events on the topics": findings.events,
            "of these delivered again": findings.again,
            "payments": counted.payments,
            "lost": len(findings.lost),
            "doubled": len(findings.doubled),
            "reordered": len(findings.reordered),
        }
    for name, number in rows.items():
        table.add_row(name, f"{number:,}")
    table.add_row("longest wait for an answer, s", f"{counted.longest:.1f}")
    if counted.pounds:
        table.add_row("the subscriber's ledger, and GraphQL's", counted.pounds)
    return table
