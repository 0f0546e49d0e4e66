"""Whether a file is what its name says, and where it holds what looks like an NHS number.

`python -m services.declarations.evidence.reading ENDING FILE` tells it as JSON.

The files come from outside and are read by large libraries, so this runs in a process of its own,
with limits on time and memory: a file that exhausts them ends it, and nothing else.
"""

import json
import resource
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Final

from nhs.notes import has_nhs_number
from services.declarations.evidence.domain import MOST_PLACES, Finding
from services.declarations.evidence.formats import READERS, FaultError, Shown, spans

SECONDS: Final = 10
"""Of a processor, for one file."""
MEMORY: Final = 400 * 1024 * 1024
"""Bytes; a full workbook of ten megabytes takes a quarter."""


def read(ending: str, path: Path) -> Finding:
    """Everything that is to be known of the file."""
    try:
        shown = Shown(path)
        places = _places(READERS[ending](shown))
        return Finding(len(shown.pictures), spans(shown.pictures), shown.texts, places)
    except FaultError as error:
        return Finding(fault=str(error))


def _places(texts: Iterable[tuple[str, str]]) -> list[str]:
    found = (place for place, text in texts if has_nhs_number(" ".join(text.split())))
    return list(islice(found, MOST_PLACES))


def _within_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # where memory is short all the same, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")


def main(ending: str, path: str) -> None:
    _within_limits()
    sys.stdout.write(json.dumps(asdict(read(ending, Path(path)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
