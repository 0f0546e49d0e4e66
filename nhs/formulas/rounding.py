"""How results are rounded: named, versioned policies, which publication holds formulas to.

A policy is never changed: another way of rounding is another version of its name.
"""

from collections.abc import Mapping
from typing import Final

POLICIES: Final[Mapping[str, Mapping[str, str]]] = {
    # Points to two places and each line's pounds to the penny, halves away from zero; nothing else.
    "points-2-pounds-2-half-up@1": {"points_paid": "round2", "pounds": "round2"},
}
"""By name: the operator that makes each result."""
