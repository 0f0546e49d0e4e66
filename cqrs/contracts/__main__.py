"""`python -m cqrs.contracts write|check`: a developer's tool, in the developing environment."""

from pathlib import Path

import typer

from cqrs.contracts.generated import ContractError, stale, supergraph, without_supergraph, write

contracts = typer.Typer(help="Write what others rely on, or check that it is true.")
_SUPERGRAPH = "supergraph.graphql"


@contracts.command("write")
def write_contracts() -> None:
    """Write schemas, supergraph, events and AsyncAPI from the services as they are."""
    write(_made())


@contracts.command("check")
def check_contracts() -> None:
    """Fail, and name the files, where what is committed is not what the services say."""
    if old := stale(_made()):
        typer.echo(f"stale: {', '.join(old)}\nrun: make contracts", err=True)
        raise typer.Exit(1)
    typer.echo("The contracts are true.")


def _made() -> dict[Path, str]:
    try:
        files = without_supergraph()
        return files | {Path(_SUPERGRAPH): supergraph(files)}
    except ContractError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    contracts()
