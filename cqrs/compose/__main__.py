"""`python -m cqrs.compose …`: the one-shot jobs of docker-compose.yml, and its secrets."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cqrs.compose import demonstration, secret_values, topics
from cqrs.play.clock import DemonstrationClock

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command("topics")
def make_topics() -> None:
    """Make the topics of contracts/topics.toml, and say who may read and write them."""
    try:
        made = topics.make(os.environ)
    except topics.BrokerError as error:
        raise SystemExit(f"topics: {error}") from None
    typer.echo(f"topics: {made.created} made, {made.present} there; {made.rights} rights")


@app.command("demonstration")
def make_demonstration(
    folder: Annotated[Path, typer.Argument(help="For the first people and the clock.")],
    realms: Annotated[Path, typer.Argument(help="For what Keycloak imports.")],
) -> None:
    """Write what the demonstration begins with."""
    demonstration.write(folder, realms, os.environ["CQRS_ISSUER"])


@app.command("clock")
def set_clock(now: Annotated[str, typer.Argument(help="A moment, in ISO's form.")]) -> None:
    """Set the demonstration's clock."""
    DemonstrationClock(Path("/demonstration/clock")).write(now)


@app.command("secrets")
def draw_secrets(file: Annotated[Path, typer.Argument(help="Such as .env.")]) -> None:
    """Draw every password and key once; what the file holds already stays."""
    added = secret_values.draw(file)
    typer.echo(f"{file}: {len(added)} drawn" if added else f"{file}: all there")


if __name__ == "__main__":
    app()
