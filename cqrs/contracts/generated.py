"""Everything under `contracts/` that is made from the services, and what of it is stale."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from chassis.topics import declared_topics
from cqrs.contracts.asyncapi import document
from cqrs.services import SERVICES

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
_COMPOSE = CONTRACTS / "compose"


class ContractError(RuntimeError):
    """A contract could not be made; the message holds what the tool that failed said."""


def without_supergraph() -> dict[Path, str]:
    """Path below `contracts/` → text, of all that Python alone can make."""
    with ThreadPoolExecutor() as threads:
        schemas = dict(zip(SERVICES, threads.map(_printed("sdl"), SERVICES), strict=True))
        printed = threads.map(_printed("events"), SERVICES)
    events = {name: event for each in printed for name, event in orjson.loads(each).items()}
    return {
        **{Path("graphql", f"{name}.graphql"): text for name, text in schemas.items()},
        **dict(_event_files(events)),
        Path("asyncapi.yaml"): document(declared_topics(), events),
    }


def supergraph(files: Mapping[Path, str]) -> str:
    """Compose the schemas among `files`; needs Node and `npm ci` in contracts/compose."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            if path.parts[0] == "graphql":
                Path(folder, path.name).write_text(text)
        return _run(["node", str(_COMPOSE / "compose.mjs"), folder])


def write(files: Mapping[Path, str]) -> None:
    """Write the files, and remove those that nothing makes any more."""
    for folder in ("graphql", "events"):
        for old in (CONTRACTS / folder).glob("*"):
            if old.relative_to(CONTRACTS) not in files:
                old.unlink()
    for path, text in files.items():
        (CONTRACTS / path).parent.mkdir(exist_ok=True)
        (CONTRACTS / path).write_text(text)


def stale(files: Mapping[Path, str]) -> list[str]:
    """Name the files that are missing or not what the services say now."""
    return [str(path) for path, text in files.items() if _committed(path) != text]


def _committed(path: Path) -> str | None:
    whole = CONTRACTS / path
    return whole.read_text() if whole.exists() else None


def _event_files(events: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Path, str]]:
    for name, event in events.items():
        schema = event["schema"] | {"title": name, "description": event["description"]}
        yield Path("events", f"{name}.schema.json"), _pretty(schema)
        yield Path("events", f"{name}.example.json"), _pretty(event["example"])


def _pretty(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _printed(what: str) -> Any:
    return lambda service: _run([sys.executable, "-m", f"services.{service}", what])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 (our own modules)
    if done.returncode:
        raise ContractError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout
