"""What an import would change, for any files whatever."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from nhs.directory.heard import OrganisationChanged as HeardOrganisation
from nhs.directory.heard import PersonChanged as HeardPerson
from nhs.roles import OrganisationKind as Kind
from nhs.roles import RelationshipKind as Rel
from services.organisations.app import SERVICE
from services.organisations.directory.domain import ListSize, Organisation
from services.organisations.network.domain import MembershipRow, Span, overlaps
from services.organisations.ods.domain import Commissioned, Led, PartOf, Reading, Succeeded
from services.organisations.ods.plan import Known, plan

TODAY = date(2026, 4, 9)
NOTHING = Known({}, {}, {}, {})
PRACTICES, PCNS = ("A99001", "A99002"), ("U99001", "U99002")
SUBS, ICBS = ("98A", "98B", "98C"), ("QQ1", "QQ2", "QQ3")
DAYS = st.dates(date(2019, 1, 1), date(2027, 1, 1))
LENGTHS = st.none() | st.integers(0, 900)


def until(start, days):
    return None if days is None else start + timedelta(days=days)


@st.composite
def spans(draw, targets):
    start = draw(DAYS)
    return Span(start, draw(st.sampled_from(targets)), until(start, draw(LENGTHS)))


@st.composite
def rows(draw):
    span = draw(spans(PCNS))
    practice = draw(st.sampled_from(PRACTICES))
    return MembershipRow(practice, span.valid_from, span.target, span.valid_to, "98A", "98A", None)


def each(codes, made):
    """At most one of each code."""
    return st.lists(made, max_size=len(codes), unique_by=lambda one: one[0])


@st.composite
def readings(draw):
    """What a set of files might say: each organisation once, memberships as they come."""
    commissioned = draw(each(PRACTICES, st.tuples(st.sampled_from(PRACTICES), spans(SUBS))))
    led = draw(each(PCNS, st.tuples(st.sampled_from(PCNS), spans(SUBS))))
    parts = draw(each(SUBS, st.tuples(st.sampled_from(SUBS), st.sampled_from(ICBS))))
    since = draw(st.none() | DAYS)
    kinds = (Kind.PRACTICE, PRACTICES), (Kind.PCN, PCNS), (Kind.SUB_ICB, SUBS), (Kind.ICB, ICBS)
    return Reading(
        organisations={
            code: Organisation(code, kind, code) for kind, codes in kinds for code in codes
        },
        commissioned=[Commissioned(code, span) for code, span in commissioned],
        led=[Led(code, span.target, span.valid_from, span.valid_to) for code, span in led],
        parts=[PartOf(part, whole, since) for part, whole in parts],
        rows=draw(st.none() | st.lists(rows(), max_size=6)),
        succeeded=[
            Succeeded(one, other, draw(DAYS))
            for one, other in draw(st.sets(st.permutations(PRACTICES).map(tuple)))
        ],
        list_sizes=[ListSize("A99001", date(2026, 1, 1), draw(st.integers(0, 9)))],
    )


def after(known, made):
    """What is known once the plan is written."""
    spans = {line: dict(held) for line, held in known.spans.items()}
    for line, held in spans.items():
        spans[line] = {span: id_ for span, id_ in held.items() if id_ not in made.ended}
    for line, started in made.started.items():
        spans.setdefault(line, {}).update({span: new_id() for span in started})
    rows = {row: id_ for row, id_ in known.rows.items() if id_ not in made.ended_rows}
    return Known(
        {**known.organisations, **{one.ods_code: one for one in made.organisations}},
        {line: held for line, held in spans.items() if held},
        rows | {row: new_id() for row in made.started_rows},
        {**known.list_sizes, **{(o.ods_code, o.counted_on): o.patients for o in made.list_sizes}},
    )


def memberships(known):
    return {line: set(held) for line, held in known.spans.items() if line[1] is Rel.MEMBER_OF}


@given(st.lists(readings(), min_size=1, max_size=3))
def test_what_was_imported_changes_nothing_when_it_is_imported_again(files):
    known = NOTHING
    for reading in files:
        known = after(known, plan(known, reading, TODAY))
        again = plan(known, reading, TODAY)
        assert again.is_empty, again


@given(st.lists(readings(), min_size=1, max_size=3))
def test_nothing_belongs_to_two_at_once_whatever_was_imported(files):
    known = NOTHING
    for reading in files:
        known = after(known, plan(known, reading, TODAY))
        for (source, kind), held in known.spans.items():
            assert kind is Rel.SUCCESSOR_OF or overlaps(held) == [], (source, kind)


@given(readings(), readings())
def test_importing_the_older_memberships_again_undoes_the_newer_ones(older, newer):
    older.rows = older.rows or []
    first = after(NOTHING, plan(NOTHING, older, TODAY))
    second = after(first, plan(first, newer, TODAY))
    third = after(second, plan(second, older, TODAY))
    assert memberships(third) == memberships(first)
    assert third.rows.keys() == first.rows.keys()


def test_the_directory_reads_all_it_knows_of_what_is_told():
    models = {"organisation.changed.v1": HeardOrganisation, "person.changed.v1": HeardPerson}
    for contract in SERVICE.events:
        if model := models.get(contract.type):
            told = contract.example.model_dump(mode="json")
            for name in ("changes", "action"):  # what people are told of: no part of what is
                told.pop(name, None)
            assert model.model_validate(told).model_dump(mode="json") == told
