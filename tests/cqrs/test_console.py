import re
from io import StringIO

import pytest
from rich.console import Console

from cqrs.console import Progress


def _progress() -> tuple[Progress, StringIO]:
    out = StringIO()
    return Progress(Console(file=out, highlight=False, soft_wrap=True)), out


def test_a_log_gets_one_plain_line_a_step() -> None:
    progress, out = _progress()
    with progress.step("Offers [made]") as step:
        step.show("half of them")
        step.add("offers", 1_000)
        step.add("offers", 500)
    assert re.fullmatch(r"✓ Offers \[made\]: 1,500 offers \(\d+\.\d s\)\n", out.getvalue())


def test_a_step_that_fails_is_not_shown_as_done() -> None:
    progress, out = _progress()
    with pytest.raises(ValueError, match="no"), progress.step("Offers made"):
        raise ValueError("no")
    assert out.getvalue() == ""
    assert progress.steps == []
