"""National prevalence is loaded whole, or not at all."""

import pytest

from tests.services.declarations.period import Period, worked_prevalences

WHOLE = tuple(worked_prevalences().items())
(FIRST, _), *REST = WHOLE


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (REST, "PREVALENCE_MISSING"),
        ([*WHOLE, ("XX", "0.1")], "PREVALENCE_GROUP_UNKNOWN"),
        ([*WHOLE, (FIRST, "0.1")], "PREVALENCE_TWICE"),
        ([(FIRST, "0"), *REST], "PREVALENCE_NOT_VALID"),
        ([(FIRST, "1.01"), *REST], "PREVALENCE_NOT_VALID"),
        ([(FIRST, "NaN"), *REST], "PREVALENCE_NOT_VALID"),
        ([(FIRST, "five"), *REST], "PREVALENCE_NOT_VALID"),
    ],
)
async def test_a_set_that_is_not_sound_is_refused_and_nothing_is_kept(period: Period, given, code):
    assert await period.prevalence(given) == {"errors": [code]}
    async with period.db.reader() as reader:
        assert await reader.fetchval("select count(*) from prevalence_set") == 0
