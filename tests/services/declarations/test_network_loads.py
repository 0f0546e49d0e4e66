"""The NCD extract is loaded as INDICATOR_VALUES is; of a network's service, values of practices."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.errors import DomainError
from nhs.roles import Role
from services.declarations.achievement.domain import NETWORK_COLUMNS
from services.declarations.agreements import commands as agreements
from services.declarations.submissions.files import COLUMNS as TEMPLATE
from tests.services.declarations.extracts.test_extracts import extract as written_out
from tests.services.declarations.network import MEMBERS, PCN, Network, Numbers, ncd
from tests.services.declarations.period import row
from tests.services.declarations.test_submission_files import submit
from tests.support.directory import have_person

FIELDS = {one.code: one for one in ncd().indicators}
HI03 = {"HI03": (100, 150)}


def network_rows(practice: str, values: Mapping[str, Numbers], **changes: str) -> list[list[str]]:
    about = {"service": "NCD2425", "day": "20250331", "approved": ""} | changes
    return [
        [about["service"], practice, about["day"], code, name, str(number), about["approved"]]
        for code, numbers in values.items()
        for name, number in zip(FIELDS[code].fields.values(), numbers, strict=True)
    ]


async def loaded(network: Network, *rows: list[str]) -> Any:
    return await network.load(rows, header=NETWORK_COLUMNS)


async def stored(network: Network) -> list[tuple[Any, ...]]:
    async with network.db.reader() as reader:
        rows = await reader.fetch(
            "select provider, indicator, numerator, denominator, how, submitted_by, submitted_at"
            " from achievement_value order by 1, 2"
        )
    return [tuple(one) for one in rows]


async def test_an_ncd_extract_is_known_by_its_columns_and_pays_as_the_other_does(network: Network):
    await network.figures()
    rows = network_rows("A81001", {"HI03": (100, 150), "CAN04": (40, 60)})
    rows += network_rows("A81002", {"HI03": (130, 170), "CAN04": (35, 40)}, day="31/03/2025")
    counts = await loaded(network, *rows)
    await network.settle()
    assert (counts["rows"], counts["loaded"], counts["errors"]) == (8, 4, 0)
    first, *_ = await stored(network)
    told = datetime(2025, 4, 1, 10)  # noqa: DTZ001 - when it was loaded, by the clocks of England
    assert first == ("A81001", "CAN04", 40, 60, "AUTOMATIC", "cro-processor", told)
    found = await network.declaration("HI03")
    assert (found["points"], found["pounds"]) == ("21.38", "4718.34")


async def test_the_same_ncd_extract_again_changes_nothing(network: Network):
    rows = network_rows("A81001", HI03)
    await loaded(network, *rows)
    before = await stored(network)
    network.now = datetime(2025, 4, 9, 9, tzinfo=UTC)
    counts = await loaded(network, *rows)
    assert (counts["loaded"], counts["unchanged"]) == (0, 1)
    assert await stored(network) == before


numbers = st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)).map(sorted)
adjusted = st.dictionaries(
    st.sampled_from(FIELDS["HI03"].adjustments), st.integers(0, 99), max_size=3
)
practices = st.dictionaries(
    st.sampled_from(MEMBERS),
    st.tuples(st.dictionaries(st.sampled_from(sorted(FIELDS)), numbers, min_size=1), adjusted),
    min_size=1,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=practices, second=practices)
async def test_any_ncd_extract_that_was_loaded_is_written_out_as_the_same_rows(
    network: Network, first: dict[str, Any], second: dict[str, Any]
):
    """And what a later one replaces is not in it: the latest submissions only."""
    async with network.db.transaction() as tx:
        await tx.execute("truncate achievement_value, achievement_value_past")
    latest: dict[tuple[str, ...], list[str]] = {}
    for drawn in (first, second):
        rows = [one for code, given in drawn.items() for one in _rows(code, *given)]
        await loaded(network, *rows)
        latest |= {tuple(one[:5]): one for one in rows}
    _, *written = await written_out(network, "NetworkValues", service="NCD2425")
    assert sorted(written) == sorted(latest.values())
    counts = await loaded(network, *written)
    assert (counts["loaded"], counts["errors"]) == (0, 0)


def _rows(practice: str, values: Any, more: Mapping[str, int]) -> list[list[str]]:
    about = ["NCD2425", practice, "20250331", "HI03"]
    return network_rows(practice, values) + [[*about, n, str(v), ""] for n, v in more.items()]


async def test_what_is_written_with_the_status_of_its_declaration_is_read_again(network: Network):
    await network.calculated()
    await network.paid("HI03")
    _, *written = await written_out(network, "NetworkValues", service="NCD2425")
    assert {one[6] for one in written} == {"Approved", "Awaiting Service Provider Approval"}
    counts = await loaded(network, *written)
    assert (counts["loaded"], counts["unchanged"], counts["errors"]) == (0, 4, 0)
    await loaded(network, *network_rows("A81001", {"HI03": (101, 150)}))
    assert await network.problems() == [("PERIOD_LOCKED", 2, "ORG_CODE")]


async def test_what_is_wrong_in_an_ncd_extract_is_listed_with_code_row_and_field(network: Network):
    (numerator, _), (bad, _) = network_rows("A81001", HI03), network_rows("A81002", HI03)
    rows = [
        numerator,
        [*bad[:5], "many", ""],
        [*bad[:4], "Numerator", "1", ""],
        *network_rows("A81002", HI03, service="NCD9999"),
        *network_rows("A81002", HI03, day="31st March"),
        *network_rows("A81002", {"CAN04": (11, 10)}),
        bad[:6],
    ]
    counts = await loaded(network, *rows)
    assert await network.problems() == [
        ("VALUE_NOT_A_NUMBER", 3, "VALUE"),
        ("UNKNOWN_FIELD", 4, "FIELD_NAME"),
        ("UNKNOWN_SERVICE", 5, "PRMRY_MDCL_CARE_SRVC_SHRT_NAME"),
        ("DATE_NOT_VALID", 7, "ACH_DATE"),
        ("DATE_NOT_VALID", 8, "ACH_DATE"),
        ("NUMERATOR_ABOVE_DENOMINATOR", 9, "VALUE"),
        ("ROW_MALFORMED", 11, None),
    ]
    assert counts["loaded"] == 1


async def test_a_header_half_of_one_format_and_half_of_the_other_names_its_columns(
    network: Network,
):
    with pytest.raises(DomainError) as refused:
        await network.load([], header=["QUALITY_SERVICE", *NETWORK_COLUMNS[1:]])
    assert refused.value.code == "COLUMNS_NOT_AS_EXPECTED"
    assert "QUALITY_SERVICE not expected" in refused.value.message


async def _enterer(network: Network, code: str) -> None:
    async with network.db.transaction() as tx:
        await have_person(tx, f"enterer of {code}", {code: [Role.ACHIEVEMENT_ENTRY]})


async def test_what_a_person_submitted_stands_over_an_extract_that_does_not_say_when(
    network: Network,
):
    await _enterer(network, "A81001")
    assert (await network.entered("A81001", HI03=(90, 150)))["errors"] == []
    network.now = datetime(2025, 4, 9, 9, tzinfo=UTC)
    rows = network_rows("A81001", {"HI03": (100, 150), "CAN04": (40, 60)})
    counts = await loaded(network, *rows)
    assert await network.problems() == [("SUPERSEDED_BY_MANUAL", 2, "ORG_CODE")]
    assert (counts["loaded"], counts["errors"]) == (1, 0)
    kept = {one[1]: (*one[2:4], one[4]) for one in await stored(network)}
    assert kept == {"HI03": (90, 150, "MANUAL"), "CAN04": (40, 60, "AUTOMATIC")}


async def test_values_under_a_networks_own_code_are_refused_where_its_members_are_counted(
    network: Network,
):
    full = [row(PCN, "HI03", str(FIELDS["HI03"].numerator), "1", **FULL)]
    for counts in (await network.load(full), await loaded(network, *network_rows(PCN, HI03))):
        assert await network.problems() == [("PROVIDER_KIND", 2, "ORG_CODE")]
        assert (counts["loaded"], counts["errors"], await stored(network)) == (0, 1, [])


FULL = {"QUALITY_SERVICE": "NCD2425", "ACH_DATE": "20250331", "SUBMIT_DATE": "01/04/2025"}


async def test_by_hand_and_by_file_a_network_enters_no_values_of_its_own_there_either(
    network: Network,
):
    await _enterer(network, PCN)
    before = await network.everything()
    answer = await network.entered(PCN, HI03=(100, 150))
    assert [(e["code"], e["field"]) for e in answer["errors"]] == [("PROVIDER_KIND", "provider")]
    rows = [["NCD2425", PCN, "2025-03-31", "HI", "HI03", str(FIELDS["HI03"].numerator), "1"]]
    told = await submit(network, f"enterer of {PCN}", [list(TEMPLATE), *rows])
    assert [(e["code"], e["row"]) for e in told["errors"]] == [("PROVIDER_KIND", 2)]
    assert await network.everything() == before
    assert await stored(network) == []


async def test_a_network_that_reports_itself_loads_values_of_its_own_and_no_practices(
    network: Network,
):
    itself = ncd().model_copy(update={"values_from": "PROVIDER", "members_take_part_in": None})
    async with network.db.transaction() as tx:
        await agreements.keep_service(tx, "NCD2425/2", 2, itself)
    rows = [*network_rows(PCN, HI03), *network_rows("A81001", HI03)]
    counts = await loaded(network, *rows)
    assert await network.problems() == [("PROVIDER_KIND", 4, "ORG_CODE")]
    assert (counts["loaded"], [one[0] for one in await stored(network)]) == (1, [PCN])
