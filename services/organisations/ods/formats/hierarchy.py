"""QOF_MANUAL_MAPPINGS.csv: practice, PCN, sub-ICB, ICB, region and nation of a QOF year.

The hierarchy from the sub-ICB upwards is taken from it. Practices and PCNs are not: their
commissioners and members have dates in epraccur and ePCN, and here they have none.
"""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from nhs.roles import OrganisationKind
from services.organisations.directory.domain import Organisation
from services.organisations.ods.domain import PartOf, Problem, Reading
from services.organisations.ods.formats.cells import Line, Row, headed, read_each

_LEVELS = (
    ("CCG_ODS_CODE", "CCG_NAME", OrganisationKind.SUB_ICB),
    ("STP_ODS_CODE", "STP_NAME", OrganisationKind.ICB),
    ("REGION_ODS_CODE", "REGION_NAME", OrganisationKind.REGION),
    ("NAT_CODE", "NAT_COUNTRY", OrganisationKind.NATION),
)
FIRST_COLUMN = "PRACTICE_CODE"
_COLUMNS = (FIRST_COLUMN, *(column for level in _LEVELS for column in level[:2]))


def read_hierarchy(
    file: str,
    rows: Iterable[Row],
    reading: Reading,
    since: date | None = None,
) -> None:
    wholes: dict[str, str] = {}
    lines = headed(file, rows, _COLUMNS, reading.problems)
    for line, levels in read_each(lines, lambda line: (line, _levels(line)), reading.problems):
        for one in levels:
            reading.say(one, file, line.number)
        for (part, whole), level in zip(pairwise(levels), _LEVELS, strict=False):
            if wholes.setdefault(part.ods_code, whole.ods_code) != whole.ods_code:
                known = wholes[part.ods_code]
                reason = f"{part.ods_code} was part of {known}, here of {whole.ods_code}"
                reading.problems.append(Problem(file, "TWO_PARENTS", reason, line.number, level[0]))
    reading.parts += [PartOf(part, whole, since) for part, whole in wholes.items()]


def _levels(line: Line) -> list[Organisation]:
    return [Organisation(line.code(code), kind, line.text(name)) for code, name, kind in _LEVELS]
