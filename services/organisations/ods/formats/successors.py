"""succ.csv and succarc.csv: who took over from whom, five columns without a header.

The columns as those name them who read the file of ODS: the organisation, its successor, the
reason (F, O or R), the day as yyyymmdd, and whether the successor has successors of its own. Every
kind of organisation is in it; practices and PCNs are taken. Who succeeds a commissioner is read off
the hierarchy.
"""

import re
from collections.abc import Iterable, Sequence

from services.organisations.ods.domain import Reading, Succeeded
from services.organisations.ods.formats.cells import CellError, Line, Row, read_each, unheaded

_COLUMNS = {"organisation code": 1, "successor code": 2, "reason": 3, "effective date": 4}
_WIDTH = 5
_PROVIDER = re.compile(r"[A-Z]\d{5}")


def are_here(first: Sequence[object]) -> bool:
    return len(first) == _WIDTH and str(first[3]).strip().isdecimal()


def read_successors(file: str, rows: Iterable[Row], reading: Reading) -> None:
    lines = unheaded(file, rows, _COLUMNS, reading.problems)
    ours = (line for line in lines if _is_of_providers(line))
    reading.succeeded += read_each(ours, _succeeded, reading.problems)


def _is_of_providers(line: Line) -> bool:
    codes = line.cells["organisation code"], line.cells["successor code"]
    return all(_PROVIDER.fullmatch(code) for code in codes)


def _succeeded(line: Line) -> Succeeded:
    predecessor, successor = line.code("organisation code"), line.code("successor code")
    if predecessor == successor:
        raise CellError("successor code", "SUCCEEDS_ITSELF", f"{successor} cannot succeed itself")
    return Succeeded(predecessor, successor, line.day("effective date"))
