"""Drafts edited, scheduled, discarded and compared; and lines of one's own."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from chassis.errors import DomainError
from nhs.directory import Principal
from nhs.roles import RelationshipKind, Role
from services.participation.catalogue import commands, queries
from services.participation.catalogue.commands import Ask, Terms
from services.participation.catalogue.domain import AcceptedOffers, What
from services.participation.catalogue.paths import Edit
from services.participation.catalogue.queries import Looking
from services.participation.catalogue.shipped import library
from tests.services.participation.conftest import NOW, QOF, person
from tests.support.directory import relate

MANAGER = person("ENG", Role.CATALOGUE_MANAGER)
ANOTHER = person("ENG", Role.CATALOGUE_MANAGER)
LOCAL = person("QHM", Role.CATALOGUE_MANAGER)
NEIGHBOUR = person("QNA", Role.CATALOGUE_MANAGER)
_WRITTEN = """
select q.id, q.status, q.revision, q.digest, count(h) from quality_service q
join quality_service_history h on h.quality_service = q.id group by q.id order by q.id
"""
AF006 = "domains/CL/groups/AF/indicators/AF006"


def edit(*settings: tuple[str, object], remove: tuple[str, ...] = ()) -> Edit:
    return Edit(None, remove, settings)


@pytest.fixture
async def drafted(participation):
    await commands.draft_shipped_quality_service(participation.db, Ask(MANAGER, NOW), "QOF2526")
    return participation


async def edited(participation, changes, *, by=MANAGER, revision=1, identity=QOF, reason=None):
    return await commands.edit_draft(
        participation.db, Ask(by, NOW), identity, changes, revision=revision, reason=reason
    )


async def published(participation, *, by=ANOTHER, identity=QOF, now=NOW, **terms):
    asked = Ask(at(by, now), now)
    return await commands.publish_quality_service(participation.db, asked, identity, Terms(**terms))


def at(who: Principal, now: datetime) -> Principal:
    """Somebody as they are on another day."""
    return Principal(who.person_id, who.organisation, who.organisation_kind, who.roles, now.date())


async def found(participation, identity=QOF, by=MANAGER):
    (service,) = await queries.find(Looking(participation.db, by), [identity])
    return service


async def refused(participation, work):
    """The code and field of a refusal that left no trace."""
    before = await participation.traces(), await participation.rows(_WRITTEN)
    with pytest.raises(DomainError) as error:
        await work
    assert (await participation.traces(), await participation.rows(_WRITTEN)) == before
    return error.value.code, error.value.field


# Editing -------------------------------------------------------------------------------------


async def test_an_edit_is_kept_whole_and_remembered_with_what_it_changed(drafted):
    await edited(drafted, edit((f"{AF006}/upper", "95")), reason="As in the guidance")
    service = await found(drafted)
    indicator = service.specification.indicators[0]
    assert (indicator.code, str(indicator.upper), service.revision) == ("AF006", "95", 2)
    ((first, second),) = await queries.histories(Looking(drafted.db, MANAGER), [QOF])
    assert (first.what, second.what) == (What.DRAFTED, What.EDITED)
    assert (second.by, second.acting_for, second.at) == (MANAGER.person_id, "ENG", NOW)
    assert second.reason == "As in the guidance"
    assert [(c.path, c.old, c.new) for c in second.changes] == [(f"{AF006}/upper", "90", "95")]


async def test_columns_follow_what_is_edited(drafted):
    await edited(drafted, edit(("name", "QOF"), ("accepted_on_behalf", True)))
    (row,) = await drafted.rows("select name, accepted_on_behalf, digest from quality_service")
    assert (row["name"], row["accepted_on_behalf"]) == ("QOF", True)
    assert row["digest"] == (await found(drafted)).specification.digest


async def test_whoever_edits_is_an_author_and_does_not_publish(drafted):
    await edited(drafted, edit(("name", "QOF")), by=ANOTHER)
    for author in (MANAGER, ANOTHER):
        assert await refused(drafted, published(drafted, by=author)) == (
            "SEPARATION_OF_DUTIES",
            None,
        )
    with pytest.raises(asyncpg.CheckViolationError, match="authors"):
        async with drafted.db.transaction() as tx:
            await tx.execute(
                "update quality_service set status = 'PUBLISHED', published_at = now(),"
                " published_by = authors[2]"
            )
    third = person("ENG", Role.CATALOGUE_MANAGER)
    assert await published(drafted, by=third) == QOF


async def test_of_two_edits_at_once_one_is_stale(drafted):
    async def attempt(by, name):
        try:
            return await edited(drafted, edit(("name", name)), by=by)
        except DomainError as error:
            return error.code, error.facts["revision"]

    async with asyncio.TaskGroup() as together:
        both = [
            together.create_task(attempt(who, name))
            for who, name in ((MANAGER, "one"), (ANOTHER, "other"))
        ]
    assert sorted(map(str, (task.result() for task in both))) == [
        "('STALE_VERSION', 2)",
        QOF,
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (edit(("points", "-1")), "NOT_A_SPECIFICATION"),
        (edit(("pionts", "564")), "NOT_A_SPECIFICATION"),
        (edit(("points", "564.001")), "NOT_A_SPECIFICATION"),
        (edit(("points", "NaN")), "NOT_A_SPECIFICATION"),
        (edit(("name", "QOF\x00")), "NOT_A_SPECIFICATION"),
        (edit(("starts_on", "1 April")), "NOT_A_SPECIFICATION"),
        (edit(("formulas/qof-plain@1/steps", [["x", "cube", ["y"]]])), "NOT_A_SPECIFICATION"),
        (edit(remove=("name",)), "NOT_A_SPECIFICATION"),
        (edit(("domains/XX/name", "None")), "PATH_NOT_FOUND"),
        (edit(("code", "QOF2627")), "LINE_CHANGED"),
        (Edit({"code": "QOF2526"}), "NOT_A_SPECIFICATION"),
        (Edit({}), "LINE_CHANGED"),
        (edit(), "NOTHING_CHANGED"),
        (edit(("points", 564)), "NOTHING_CHANGED"),
    ],
)
async def test_what_is_no_specification_is_refused_with_where(drafted, changes, code):
    before = await drafted.rows("select specification from quality_service")
    assert (await refused(drafted, edited(drafted, changes)))[0] == code
    assert await drafted.rows("select specification from quality_service") == before


async def test_a_draft_may_be_unsound_and_says_so_but_is_not_published(drafted):
    await edited(
        drafted,
        edit(
            ("points", "563"),
            ("ends_on", "2025-03-31"),
            (f"{AF006}/lower", "95"),
            (f"{AF006}/formula", "unknown@1"),
            ("domains/CL/groups/AF/indicators/AF008/bindings/points", "constants.none"),
        ),
    )
    codes = {problem.code for problem in (await found(drafted)).problems}
    assert codes == {
        "DATES_REVERSED",
        "POINTS_DO_NOT_ADD_UP",
        "THRESHOLDS_OUT_OF_ORDER",
        "FORMULA_UNKNOWN",
        "NAME_UNBOUND",
    }
    assert (await refused(drafted, published(drafted, reason="Urgent")))[0] == "NOT_SOUND"


async def test_a_whole_specification_may_replace_a_draft(drafted):
    document = library()["QOF2526"].as_json() | {"name": "Another", "domains": [], "points": "0"}
    await edited(drafted, Edit(document))
    assert (await found(drafted)).specification.name == "Another"


async def test_nobody_publishes_what_was_edited_since_they_saw_it(drafted):
    await edited(drafted, edit(("name", "QOF")))
    assert await refused(drafted, published(drafted, revision=1)) == ("STALE_VERSION", "revision")
    assert await published(drafted, revision=2) == QOF


# What becomes of a draft ---------------------------------------------------------------------


async def test_a_discarded_draft_is_kept_hidden_and_its_number_not_used_again(drafted):
    ask = Ask(ANOTHER, NOW)
    assert await refused(
        drafted, commands.discard_draft(drafted.db, ask, QOF, revision=2, reason=None)
    ) == ("STALE_VERSION", "revision")
    await commands.discard_draft(drafted.db, ask, QOF, revision=1, reason="Begun too early")
    assert (await found(drafted)).discarded
    assert await refused(drafted, edited(drafted, edit(("name", "x")), revision=2)) == (
        "TRANSITION_NOT_ALLOWED",
        None,
    )
    assert await commands.draft_shipped_quality_service(drafted.db, ask, "QOF2526") == "QOF2526/2"


async def test_a_version_is_published_from_a_day_on_and_told_then(drafted):
    await published(drafted, on=date(2025, 4, 1), reason="For the year")
    service = await found(drafted)
    assert (service.status, service.publication.on) == ("SCHEDULED", date(2025, 4, 1))
    assert await found(drafted, by=person("A81001", Role.VIEW)) is None
    assert await drafted.rows("select from chassis.outbox") == []
    assert await commands.publish_scheduled(drafted.db, NOW) == []
    the_day = datetime(2025, 3, 31, 23, 30, tzinfo=UTC)  # half past midnight in England
    assert await commands.publish_scheduled(drafted.db, the_day) == [QOF]
    assert await commands.publish_scheduled(drafted.db, the_day) == []
    (event,) = await drafted.rows("select type, payload from chassis.outbox")
    assert datetime.fromisoformat(event["payload"]["published_at"]) == the_day
    assert (await found(drafted, by=person("A81001", Role.VIEW))).publication.at == the_day
    ((*_, last),) = await queries.histories(Looking(drafted.db, MANAGER), [QOF])
    assert (last.what, last.by) == (What.PUBLISHED, None)


async def test_what_is_scheduled_stays_as_it_was_seen_until_it_is_taken_back(drafted):
    await published(drafted, on=date(2025, 4, 1))
    assert await refused(drafted, edited(drafted, edit(("name", "x")), revision=2)) == (
        "TRANSITION_NOT_ALLOWED",
        None,
    )
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="only a draft"):
        async with drafted.db.transaction() as tx:
            await tx.execute("update quality_service set specification = '{}'")
    await commands.unschedule(drafted.db, Ask(ANOTHER, NOW), QOF, "A mistake was found")
    await edited(drafted, edit(("name", "x")), revision=3)
    assert (await found(drafted)).status == "DRAFT"
    assert await commands.publish_scheduled(drafted.db, NOW + timedelta(days=60)) == []


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (date(2025, 3, 12), "PUBLICATION_DATE_PAST"),
        (date(2026, 4, 1), "PUBLICATION_DATE_LATE"),
    ],
)
async def test_a_day_of_publication_lies_ahead_and_within_the_service(drafted, on, code):
    assert await refused(drafted, published(drafted, on=on)) == (code, "on")


# Versions of a line --------------------------------------------------------------------------


@pytest.fixture
async def corrected(drafted):
    """QOF2526/1 is published; QOF2526/2 drafted from it, with a threshold put right."""
    await published(drafted)
    ask = Ask(MANAGER, NOW)
    assert await commands.draft_from(drafted.db, ask, QOF, None) == "QOF2526/2"
    await edited(drafted, edit((f"{AF006}/upper", "95")), identity="QOF2526/2")
    return drafted


async def test_two_versions_are_compared_path_by_path(corrected):
    looking = Looking(corrected.db, MANAGER)
    (difference,) = await queries.comparison(looking, QOF, "QOF2526/2")
    assert (difference.path, difference.old, difference.new) == (f"{AF006}/upper", "90", "95")
    practice = Looking(corrected.db, person("A81001", Role.VIEW))
    with pytest.raises(DomainError) as unseen:
        await queries.comparison(practice, QOF, "QOF2526/2")
    assert unseen.value.code == "QUALITY_SERVICE_NOT_FOUND"


async def test_a_correction_says_what_becomes_of_accepted_offers(corrected):
    publishing = published(corrected, identity="QOF2526/2")
    assert await refused(corrected, publishing) == ("ACCEPTED_OFFERS_REQUIRED", "acceptedOffers")
    await published(corrected, identity="QOF2526/2", accepted_offers=AcceptedOffers.KEEP)
    assert (await found(corrected, "QOF2526/2")).status == "PUBLISHED"


async def test_the_first_of_a_line_corrects_nothing(drafted):
    publishing = published(drafted, accepted_offers=AcceptedOffers.MOVE)
    assert await refused(drafted, publishing) == ("NOTHING_CORRECTED", "acceptedOffers")


async def test_a_correction_keeps_the_nature_of_its_line(corrected):
    await edited(corrected, edit(("payment_type", "DES")), identity="QOF2526/2", revision=2)
    publishing = published(corrected, identity="QOF2526/2", accepted_offers=AcceptedOffers.MOVE)
    assert await refused(corrected, publishing) == ("LINE_CHANGED", "payment_type")


@pytest.mark.parametrize("on", [date(2025, 3, 13), date(2026, 3, 31)])
@pytest.mark.parametrize(
    ("field", "value"), [("declared_per", "INDICATOR"), ("payment_period", "MONTHLY")]
)
async def test_a_correction_keeps_what_declarations_are_opened_for(corrected, field, value, on):
    """Else months, or indicators, would be opened beside the year that was opened whole."""
    await edited(corrected, edit((field, value)), identity="QOF2526/2", revision=2)
    assert await refused(corrected, correction(corrected, on)) == ("LINE_CHANGED", field)


@pytest.mark.parametrize(
    ("field", "value", "last_day"),
    [
        ("starts_on", "2025-04-02", date(2025, 3, 31)),
        ("ends_on", "2026-04-30", date(2026, 3, 30)),
        ("ends_on", "2025-12-31", date(2025, 12, 30)),
        ("ends_on", "2025-04-30", date(2025, 4, 29)),
    ],
)
async def test_a_correction_keeps_periods_that_may_have_been_opened(
    corrected, field, value, last_day
):
    await edited(corrected, edit((field, value)), identity="QOF2526/2", revision=2)
    late = correction(corrected, last_day + timedelta(days=1))
    assert await refused(corrected, late) == ("LINE_CHANGED", field)
    assert await correction(corrected, last_day) == "QOF2526/2"


async def test_a_correction_may_name_what_it_recovers_until_its_service_ends(drafted):
    """Advances that a year is to deduct are found late; but not once it may have been paid."""
    await edited(drafted, edit(remove=("recovers",)))
    await published(drafted)
    await commands.draft_from(drafted.db, Ask(MANAGER, NOW), QOF, None)
    await edited(drafted, edit(("recovers", "QOFA2526")), identity="QOF2526/2")
    late = correction(drafted, date(2026, 3, 31))
    assert await refused(drafted, late) == ("LINE_CHANGED", "recovers")
    assert await correction(drafted, date(2026, 3, 30)) == "QOF2526/2"


@pytest.mark.parametrize("changed", [edit(("recovers", "QOFA2627")), edit(remove=("recovers",))])
async def test_a_correction_never_forgets_what_was_advanced(corrected, changed):
    await edited(corrected, changed, identity="QOF2526/2", revision=2)
    early = correction(corrected, date(2025, 3, 14))
    assert await refused(corrected, early) == ("LINE_CHANGED", "recovers")


def correction(participation, on: date):
    """The second version, published from a day on, with the offers moving to it."""
    now = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    moved = AcceptedOffers.MOVE
    return published(participation, identity="QOF2526/2", now=now, accepted_offers=moved)


async def test_next_years_line_is_drafted_after_this_years_pattern(corrected):
    made = await commands.draft_from(corrected.db, Ask(MANAGER, NOW), QOF, "QOF2627")
    assert made == "QOF2627/1"
    assert (await found(corrected, made)).specification.code == "QOF2627"


# Lines of one's own --------------------------------------------------------------------------


async def test_a_commissioner_writes_and_publishes_claim_services_of_its_own(participation):
    mate = person("QHM", Role.CATALOGUE_MANAGER)
    made = await commands.draft_shipped_quality_service(
        participation.db, Ask(LOCAL, NOW), "LESPW2526", "LESQHM2526"
    )
    await edited(participation, edit(("scheme/budget", "1.00")), by=LOCAL, identity=made)
    assert await published(participation, by=mate, identity=made) == "LESQHM2526/1"
    service = await found(participation, made, by=person("A81001", Role.VIEW))
    assert (service.owner, str(service.specification.scheme.budget)) == ("QHM", "1.00")


async def test_a_commissioner_writes_nothing_else_and_nobody_elses(participation):
    db, ask = participation.db, Ask(LOCAL, NOW)
    made = await commands.draft_shipped_quality_service(db, ask, "LESPW2526")
    others = commands.draft_shipped_quality_service(db, Ask(NEIGHBOUR, NOW), "LESPW2526")
    assert await refused(participation, others) == ("CODE_TAKEN", "code")
    for intruder, code in ((NEIGHBOUR, "QUALITY_SERVICE_NOT_FOUND"), (MANAGER, "NOT_YOURS")):
        attempt = edited(participation, edit(("name", "x")), by=intruder, identity=made)
        assert await refused(participation, attempt) == (code, "id")
    turned = edit(("kind", "ACHIEVEMENT"), ("payment_period", "MONTHLY"), remove=("scheme",))
    attempt = edited(participation, turned, by=LOCAL, identity=made)
    assert (await refused(participation, attempt))[0] == "ENGLAND_ONLY"
    await commands.draft_shipped_quality_service(db, Ask(MANAGER, NOW), "QOF2526")
    national = commands.draft_quality_service(db, ask, library()["QOF2324"].as_json())
    assert (await refused(participation, national))[0] == "ENGLAND_ONLY"
    practice = commands.draft_from(db, Ask(person("A81001", Role.VIEW), NOW), QOF, "X1")
    assert (await refused(participation, practice))[0] == "ROLE_REQUIRED"


async def test_who_takes_over_from_a_commissioner_writes_its_lines(participation):
    db, drafting = participation.db, commands.draft_shipped_quality_service
    made = await drafting(db, Ask(LOCAL, NOW), "LESPW2526")
    async with db.transaction() as tx:
        await relate(tx, "QNA", RelationshipKind.SUCCESSOR_OF, "QHM")
    await edited(participation, edit(("name", "Merged")), by=NEIGHBOUR, identity=made)
    await published(participation, by=person("QNA", Role.CATALOGUE_MANAGER), identity=made)
    following = await drafting(db, Ask(NEIGHBOUR, NOW), "LESPW2526")
    assert (await found(participation, following, by=LOCAL)).owner == "QHM"


async def test_a_manager_for_some_payment_types_writes_only_those(participation):
    les = Principal(
        LOCAL.person_id,
        "QHM",
        LOCAL.organisation_kind,
        {Role.CATALOGUE_MANAGER: frozenset({"LES"})},
        NOW.date(),
    )
    drafting = commands.draft_shipped_quality_service
    attempt = drafting(participation.db, Ask(les, NOW), "LISMO2526")
    assert (await refused(participation, attempt))[0] == "ROLE_REQUIRED"
    assert await drafting(participation.db, Ask(les, NOW), "LESPW2526") == "LESPW2526/1"
