"""What a bulk command answers: what became of each row, the counts, and a sentence."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.errors import DomainError


@dataclass(frozen=True, slots=True)
class Refused:
    id: str
    """The offer; where none could be made, the ODS code of the organisation."""
    code: str
    message: str
    field: str | None = None

    @classmethod
    def of(cls, identity: object, error: DomainError) -> "Refused":
        return cls(str(identity), error.code, error.message, error.field)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each of the chosen rows, and the sentence that says so."""

    done: list[str]
    refused: list[Refused]
    counts: dict[str, int]
    message: str
    selection: str | None = None

    @classmethod
    def of(
        cls,
        done_to_them: str,
        done: list[str],
        refused: list[Refused],
        *,
        dry_run: bool,
        never_opened: int | None = None,
    ) -> "Outcome":
        counts = {"chosen": len(done) + len(refused), "done": len(done), "refused": len(refused)}
        if never_opened is not None:
            counts["neverOpened"] = never_opened
        counts |= {f"refused.{code}": n for code, n in Counter(r.code for r in refused).items()}
        say = _foreseen if dry_run else _confirmed
        return cls(done, refused, counts, say(done_to_them, counts))


_NOTHING = "Nothing matches: there is nothing to choose from"


def _confirmed(done_to_them: str, counts: Mapping[str, int]) -> str:
    """The job aids' words, as far as they go (DOMAIN 10.10)."""
    if not counts["chosen"]:
        return _NOTHING
    if not counts["done"]:
        return f"None of the selected service(s) could be {done_to_them}"
    sentence = f"The selected service(s) have been successfully {done_to_them}"
    return f"{sentence}; {counts['refused']} could not be" if counts["refused"] else sentence


def _foreseen(done_to_them: str, counts: Mapping[str, int]) -> str:
    if not counts["chosen"]:
        return _NOTHING
    sentence = f"{counts['done']} service(s) would be {done_to_them}"
    if counts["refused"]:
        sentence += f"; {counts['refused']} could not be"
    if unopened := counts.get("neverOpened"):
        sentence += f"; {unopened} were never opened: you should always view details"
    return sentence
