"""From what is known and what the files say to what changes. No I/O, no clock."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from nhs.roles import OrganisationKind, RelationshipKind
from services.organisations.directory.domain import ListSize, Organisation, Status
from services.organisations.network import domain as network
from services.organisations.network.domain import Line, MembershipRow, Span
from services.organisations.ods.domain import Confirmed, Difference, Led, Reading
from services.organisations.ods.succession import Succession, successions

HIERARCHY_FROM = date(2013, 4, 1)
"""The mapping has no dates. Where its uploader says none either, and nothing was known before, its
hierarchy counts from the day commissioning as we know it began (Health and Social Care Act)."""

_PROVIDERS = frozenset({OrganisationKind.PRACTICE, OrganisationKind.PCN})


@dataclass(frozen=True, slots=True)
class Known:
    """What is taken for true before the import."""

    organisations: Mapping[str, Organisation]
    spans: Mapping[Line, Mapping[Span, UUID]]
    rows: Mapping[MembershipRow, UUID]
    list_sizes: Mapping[tuple[str, date], int]
    confirmed: Mapping[UUID, Confirmed] = field(default_factory=dict)
    """Of the relationships, those that PCNs proposed."""


@dataclass(slots=True)
class Plan:
    """What is to be written."""

    organisations: list[Organisation] = field(default_factory=list)
    ended: list[UUID] = field(default_factory=list)
    started: dict[Line, list[Span]] = field(default_factory=dict)
    ended_rows: list[UUID] = field(default_factory=list)
    started_rows: list[MembershipRow] = field(default_factory=list)
    list_sizes: list[ListSize] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    """Organisations that change: one event each."""
    overlaps: dict[str, list[Span]] = field(default_factory=dict)
    """By practice the rows of ePCN that share a day."""
    differences: list[Difference] = field(default_factory=list)
    lists_of_nobody: list[str] = field(default_factory=list)
    """Codes with registered patients that are no practice known."""
    successions: list[Succession] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.touched or self.ended_rows or self.started_rows)


def plan(known: Known, reading: Reading, today: date) -> Plan:
    made = Plan()
    relationships = Relationships(known)
    _relate(relationships, reading, today)
    _lead_the_merely_named(relationships, known, reading, today)
    made.successions = relationships.succeed()
    wanted = _organisations(known, reading, made.successions, today)
    made.organisations = [
        one for code, one in wanted.items() if known.organisations.get(code) != one
    ]
    made.touched.update(one.ods_code for one in made.organisations)
    _succeed_providers(relationships, reading, {**known.organisations, **wanted})
    rows = _rows(known, reading)
    made.overlaps = _join_networks(relationships, rows)
    relationships.into(made)
    _keep_rows(made, known, rows)
    _count_patients(made, known, reading, {**known.organisations, **wanted})
    return made


def _organisations(
    known: Known, reading: Reading, succeeded: Iterable[Succession], today: date
) -> dict[str, Organisation]:
    wanted = {code: _as_at(one, today) for code, one in reading.organisations.items()}
    for code, one in reading.named.items():
        if code not in wanted:
            before = known.organisations.get(code)
            wanted[code] = before.named_again(one) if before else one
    for succession in succeeded:
        code = succession.predecessor
        before = wanted.get(code) or known.organisations[code]
        wanted[code] = succession.closing(before, today)
        if succession.begins and (heir := wanted.get(succession.successor)):
            wanted[heir.ods_code] = replace(heir, opened_on=succession.since)
    return wanted


def _as_at(one: Organisation, today: date) -> Organisation:
    """PCNs come with dates and no status."""
    if one.kind is OrganisationKind.PCN and one.closed_on and one.closed_on < today:
        return replace(one, status=Status.CLOSED)
    return one


class Relationships:
    """What is known of each line, as the files change it one after the other."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._wanted: dict[Line, list[Span]] = {}

    def history(self, line: Line) -> list[Span]:
        """In order."""
        known = self._known.spans.get(line, ())
        return self._wanted[line] if line in self._wanted else sorted(known)

    def become(self, line: Line, spans: Sequence[Span]) -> None:
        self._wanted[line] = sorted(spans)

    def sources(self, kind: RelationshipKind) -> set[str]:
        lines = self._known.spans.keys() | self._wanted.keys()
        return {source for source, of_kind in lines if of_kind is kind}

    def succeed(self) -> list[Succession]:
        """The successor of an organisation that lost all its parts to it."""
        parts = {
            source: self.history((source, RelationshipKind.PART_OF))
            for source in sorted(self.sources(RelationshipKind.PART_OF))
        }
        found = list(successions(parts))
        self._forget_heirs(set(self._wholes_again(parts)))
        for one in found:
            succeeds = one.successor, RelationshipKind.SUCCESSOR_OF
            before = {span for span in self.history(succeeds) if span.target != one.predecessor}
            self.become(succeeds, [*before, Span(one.since, one.predecessor)])
            belongs = one.predecessor, RelationshipKind.PART_OF
            self.become(belongs, network.ending(self.history(belongs), one.last_day))
        return found

    def _wholes_again(self, parts: Mapping[str, Sequence[Span]]) -> Iterator[str]:
        """What a part belongs to at last, and did not as far as was known."""
        for source, held in parts.items():
            known = max(self._known.spans.get((source, RelationshipKind.PART_OF), ()), default=None)
            if held and known and held[-1].target != known.target:
                yield held[-1].target

    def _forget_heirs(self, wholes: Collection[str]) -> None:
        """What has parts again, because an older hierarchy was loaded, is succeeded by nobody."""
        for source in self.sources(RelationshipKind.SUCCESSOR_OF):
            line = source, RelationshipKind.SUCCESSOR_OF
            history = self.history(line)
            self.become(line, [span for span in history if span.target not in wholes])

    def into(self, made: Plan) -> None:
        """What differs from what is known."""
        for line, wanted in self._wanted.items():
            before = self._known.spans.get(line, {})
            ended = [id_ for span, id_ in before.items() if span not in wanted]
            started = [span for span in wanted if span not in before]
            if ended or started:
                made.ended += ended
                made.started[line] = started
                made.touched.add(line[0])
                made.differences += self._differences(line)

    def _differences(self, line: Line) -> Iterator[Difference]:
        wanted = self._wanted[line]
        for span, id_ in sorted(self._known.spans.get(line, {}).items()):
            if span not in wanted and (confirmed := self._known.confirmed.get(id_)):
                said = [other for other in wanted if other.shares_a_day(span)]
                yield Difference(line[0], span, confirmed, said)


def _relate(relationships: Relationships, reading: Reading, today: date) -> None:
    for commissioned in reading.commissioned:
        line = commissioned.provider, RelationshipKind.COMMISSIONED_BY
        known = relationships.history(line)
        relationships.become(line, network.followed_by(known, commissioned.span))
    for led in reading.led:
        _lead(relationships, led, today)
    for part in sorted(reading.parts, key=lambda part: part.since or today):
        line = part.part, RelationshipKind.PART_OF
        known = relationships.history(line)
        since, first = part.since or today, part.since or HIERARCHY_FROM
        spans = network.belonging_to(known, part.whole, since, first)
        relationships.become(line, spans)


def _lead(relationships: Relationships, led: Led, today: date) -> None:
    line = led.pcn, RelationshipKind.COMMISSIONED_BY
    spans = network.belonging_to(relationships.history(line), led.lead, today, led.opened_on)
    said = Span(led.opened_on, led.lead, led.closed_on)  # where nothing known lies before its end
    relationships.become(line, network.ending(spans, led.closed_on) or [said])


def _lead_the_merely_named(
    relationships: Relationships, known: Known, reading: Reading, today: date
) -> None:
    """A PCN that no list described has its lead from the rows of its members."""
    members: dict[str, list[MembershipRow]] = {}
    for row in sorted(reading.rows or (), key=lambda row: (row.starts_on, row.practice)):
        members.setdefault(row.pcn, []).append(row)
    for pcn, rows in members.items():
        one = reading.organisations.get(pcn) or known.organisations.get(pcn)
        if one is None or one.status is Status.NAMED_ONLY:
            _lead(relationships, Led(pcn, rows[-1].pcn_sub_icb, rows[0].starts_on, None), today)


def _succeed_providers(
    relationships: Relationships, reading: Reading, organisations: Mapping[str, Organisation]
) -> None:
    """What succ says of practices and PCNs known; it says what is so, and never what is not."""
    for said in reading.succeeded:
        one, other = organisations.get(said.successor), organisations.get(said.predecessor)
        if one and other and one.kind == other.kind and one.kind in _PROVIDERS:
            line = said.successor, RelationshipKind.SUCCESSOR_OF
            before = [one for one in relationships.history(line) if one.target != said.predecessor]
            relationships.become(line, [*before, Span(said.since, said.predecessor)])


def _rows(known: Known, reading: Reading) -> Sequence[MembershipRow] | None:
    """Every row of memberships that is true; None where nothing is said of them.

    Of lines that could not be read nobody knows whose they were: then no row counts as gone. Of a
    practice with a row that was not taken, none of its own does.
    """
    if reading.rows is None or not (reading.rows_unread or reading.withheld):
        return reading.rows
    said = {(row.practice, row.pcn, row.starts_on) for row in reading.rows}
    left = [
        row
        for row in known.rows
        if (reading.rows_unread or row.practice in reading.withheld)
        and (row.practice, row.pcn, row.starts_on) not in said
    ]
    return [*reading.rows, *left]


def _join_networks(
    relationships: Relationships, rows: Sequence[MembershipRow] | None
) -> dict[str, list[Span]]:
    """Make the memberships in force; answers the rows that share a day, by practice.

    The file is the whole truth on memberships: what it does not say is no longer true.
    """
    if rows is None:
        return {}
    said: dict[str, list[Span]] = {}
    for row in rows:
        said.setdefault(row.practice, []).append(Span(row.starts_on, row.pcn, row.ends_on))
    for practice in sorted(relationships.sources(RelationshipKind.MEMBER_OF) | said.keys()):
        line = practice, RelationshipKind.MEMBER_OF
        relationships.become(line, network.in_force(said.get(practice, [])))
    shared = {practice: network.overlaps(spans) for practice, spans in said.items()}
    return {
        practice: sorted({span for pair in pairs for span in pair})
        for practice, pairs in shared.items()
        if pairs
    }


def _keep_rows(made: Plan, known: Known, rows: Sequence[MembershipRow] | None) -> None:
    if rows is None:
        return
    said = set(rows)
    made.ended_rows = [id_ for row, id_ in known.rows.items() if row not in said]
    made.started_rows = [row for row in dict.fromkeys(rows) if row not in known.rows]


def _count_patients(
    made: Plan, known: Known, reading: Reading, organisations: Mapping[str, Organisation]
) -> None:
    latest = {(one.ods_code, one.counted_on): one for one in reading.list_sizes}
    for place, one in latest.items():
        organisation = organisations.get(one.ods_code)
        if organisation is None or organisation.kind is not OrganisationKind.PRACTICE:
            made.lists_of_nobody.append(one.ods_code)
        elif known.list_sizes.get(place) != one.patients:
            made.list_sizes.append(one)
            made.touched.add(one.ods_code)
