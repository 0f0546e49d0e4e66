"""Why a declaration may be held: the values it stands on that are far from their own history."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

from chassis.db import Reader
from nhs.notes import LONGEST_REASON

STANDS_ON_MARKED: Final = """
exists (
    select from declaration_stands_on o
    join achievement_value v
        on v.service_code = o.service_code and v.achievement_date = o.achievement_date
        and v.provider = o.provider and (o.indicator is null or v.indicator = o.indicator)
    where o.id = d.id and v.marked is not null)
"""
"""Whether it is so for the declaration `d`."""


async def reasons(reader: Reader, declarations: Sequence[UUID]) -> Mapping[UUID, str]:
    """Of each that stands on marked values: which they are, in as many words as a reason bears."""
    rows = await reader.fetch(_MARKS, declarations)
    return {
        identity: _shortened(
            [f"{row['indicator']} of {row['provider']}: {row['marked']}" for row in some]
        )
        for identity, some in groupby(rows, key=lambda row: row["id"])
    }


_MARKS = """
select o.id, v.provider, v.indicator, v.marked
from declaration_stands_on o
join achievement_value v
    on v.service_code = o.service_code and v.achievement_date = o.achievement_date
    and v.provider = o.provider and (o.indicator is null or v.indicator = o.indicator)
where o.id = any($1) and v.marked is not null
order by o.id, v.provider, v.indicator
"""


def _shortened(marks: Sequence[str]) -> str:
    said: list[str] = []
    for number, mark in enumerate(marks):
        rest = f"and {len(marks) - number} more"
        if len("; ".join([*said, mark])) > LONGEST_REASON - len(rest) - 2:
            return "; ".join([*said, rest])
        said.append(mark)
    return "; ".join(said)
