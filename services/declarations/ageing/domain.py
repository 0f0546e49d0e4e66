"""How long declarations have waited for the step they wait for. Pure: no I/O, no clock."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many whole days, both included; `to_days` is None in the last."""

    from_days: int
    to_days: int | None


# No source names them. A declaration has two weeks until it slips a month (DOMAIN 1.8: ready on the
# 9th, declared by the 24th), and eight weeks are two pay days.
BUCKETS: Final = (Bucket(0, 7), Bucket(8, 14), Bucket(15, 28), Bucket(29, 56), Bucket(57, None))
