"""The `cqrs` command: a whole system on this machine, and things done to a running one."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cqrs import commands
from cqrs import verify as verification
from cqrs.england.england import SEED
from cqrs.imports.ods import Asked

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold passwords
    help="Start a whole CQRS on this machine, play a payment period, look inside.",
)

England = Annotated[bool, typer.Option("--england", help="All of England, not one ICB.")]
Ods = Annotated[
    Path | None,
    typer.Option(help="Read real ODS files from this folder.", exists=True, file_okay=False),
]
Icb = Annotated[str | None, typer.Option(help="The ICB that plays, by ODS code.")]
Seed = Annotated[int, typer.Option(help="Two runs with the same seed are equal.")]
System = Annotated[
    int | None, typer.Option("--system", help="Process number of the supervisor, if several run.")
]


@app.command()
def run(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the play.")] = False,
    play: Annotated[bool, typer.Option(help="Play the payment period.")] = True,
    england: England = False,
    ods: Ods = None,
    icb: Icb = None,
    seed: Seed = SEED,
) -> None:
    """Start everything, play one payment period, then serve until Ctrl-C."""
    wanted = commands.Wanted(england=england, ods=ods, icb=icb, seed=seed)
    raise typer.Exit(commands.run(wanted if play else None, once=once))


@app.command()
def play(
    *,
    system: System = None,
    compose: Annotated[
        bool, typer.Option("--compose", help="On the system of docker-compose.yml.")
    ] = False,
    england: England = False,
    ods: Ods = None,
    icb: Icb = None,
    seed: Seed = SEED,
) -> None:
    """Play the payment period on a running system that has played none yet."""
    wanted = commands.Wanted(england=england, ods=ods, icb=icb, seed=seed)
    raise typer.Exit(asyncio.run(commands.play_on_running(system, wanted, compose=compose)))


@app.command()
def storm(
    minutes: Annotated[float, typer.Argument(help="How long faults go on.", min=0.1)] = 30.0,
    seed: Seed = SEED,
) -> None:
    """Play payment periods on the system of docker-compose.yml while faults happen to it."""
    raise typer.Exit(asyncio.run(commands.storm(minutes * 60, seed)))


@app.command()
def token(
    person: Annotated[str, typer.Argument(help="Whom to be, as `cqrs run` lists them.")],
    system: System = None,
) -> None:
    """Print a token for a person of a running system."""
    raise typer.Exit(asyncio.run(commands.print_token(person, system)))


imports = typer.Typer(no_args_is_help=True, help="Load files into a running system.")
app.add_typer(imports, name="import")


@imports.callback()
def _imports() -> None:
    """Keep the kind of file a word of its own: `cqrs import ods`."""


@imports.command("ods")
def import_ods(
    files: Annotated[
        list[Path], typer.Argument(help="Files of ODS, or folders of them.", exists=True)
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    skip_bad_lines: Annotated[
        bool, typer.Option("--skip-bad-lines", help="Import the rest of what has bad lines.")
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="From when undated things hold; today if not said."
        ),
    ] = None,
    system: System = None,
) -> None:
    """Load what ODS publishes into a running system, and show what it changes."""
    asked = Asked(dry_run, skip_bad_lines, since.date() if since else None)
    raise typer.Exit(asyncio.run(commands.import_ods(files, asked, system)))


@imports.command("achievement")
def import_achievement(
    extract: Annotated[
        Path,
        typer.Argument(help="An INDICATOR_VALUES or NCD extract.", exists=True, dir_okay=False),
    ],
    system: System = None,
) -> None:
    """Load an extract of achievement into a running system, and show what is at fault in it."""
    raise typer.Exit(asyncio.run(commands.import_achievement(extract, system)))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A receipt or a history.", exists=True)],
    head: Annotated[
        str | None,
        typer.Option(help="LENGTH:HASH of the history, as an event or the declaration has it."),
    ] = None,
) -> None:
    """Recompute a receipt or a history with code that shares nothing with what made it."""
    raise typer.Exit(verification.report(file, head))


if __name__ == "__main__":
    app()
