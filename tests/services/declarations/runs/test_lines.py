"""What the hash of a line of a payment run is made of."""

import hashlib
from typing import Any

from services.declarations.runs.domain import COLUMNS, line

ENTRY: dict[str, Any] = dict.fromkeys(COLUMNS, "X") | {
    "amount": "-5000.00",
    "narrative": "QOF2526 A81001: 75,000.00 achieved less 80,000.00 aspiration",
}


def test_a_line_s_hash_is_over_its_cells_unquoted_and_joined_by_commas() -> None:
    *cells, digest = line(ENTRY)
    assert dict(zip(COLUMNS, cells, strict=False))["subjective_code"] == ""
    assert hashlib.sha256(",".join(cells).encode()).hexdigest() == digest


def test_the_joined_text_can_be_taken_apart_again_since_only_the_narrative_holds_commas() -> None:
    *cells, _ = line(ENTRY)
    assert COLUMNS[len(cells) - 1] == "narrative"
    assert ",".join(cells).split(",", len(cells) - 1) == cells
