"""What the files say, and what was wrong with them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.organisations.directory.domain import ListSize, Organisation
from services.organisations.network.domain import MembershipRow, Span

JOB = "organisation-import"


MORE_THAN_A_LINE = frozenset(
    {
        "FILE_NOT_KNOWN",
        "FILE_NOT_READABLE",
        "FILE_EMPTY",
        "WRONG_ENCODING",
        "WORKBOOK_NOT_READABLE",
        "TOO_LARGE",
        "SHEET_MISSING",
        "COLUMN_MISSING",
        "KIND_CHANGED",
    }
)
"""Codes of what no line can be skipped for: without it the file would say something else."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be taken, and where it stands."""

    file: str
    code: str
    reason: str
    line: int | None = None
    column: str | None = None

    @property
    def may_be_skipped(self) -> bool:
        return self.code not in MORE_THAN_A_LINE


@dataclass(frozen=True, slots=True)
class Commissioned:
    """Commissioned over days the file states."""

    provider: str
    span: Span


@dataclass(frozen=True, slots=True)
class Led:
    """A PCN's lead commissioner: now, since a day the file does not state."""

    pcn: str
    lead: str
    opened_on: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class PartOf:
    """A step of the hierarchy: since a day the file does not state."""

    part: str
    whole: str
    since: date | None
    """As the uploader says; None for today."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """A provider that took over from another, as ODS says."""

    predecessor: str
    successor: str
    since: date


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How a membership came to be that a PCN proposed."""

    at: datetime
    by: UUID | None
    acting_for: str | None
    """The commissioner that confirmed it."""
    reason: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A membership that was confirmed, where the files say something else; they hold."""

    practice: str
    ours: Span
    confirmed: Confirmed
    said: Sequence[Span]
    """What the files have on its days."""


Place = tuple[str, int]
"""File and line."""


@dataclass(slots=True)
class Reading:
    """Everything some files say."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    named: dict[str, Organisation] = field(default_factory=dict)
    """Named by others: what they are is said elsewhere, or nowhere."""
    commissioned: list[Commissioned] = field(default_factory=list)
    led: list[Led] = field(default_factory=list)
    parts: list[PartOf] = field(default_factory=list)
    succeeded: list[Succeeded] = field(default_factory=list)
    pcns_listed: bool = False
    """Whether a list of PCNs was given: a PCN on no list is then an error in somebody's file."""
    rows: list[MembershipRow] | None = None
    """None where no file of memberships was given: then nothing is said about them."""
    row_places: dict[MembershipRow, Place] = field(default_factory=dict)
    rows_unread: bool = False
    """Whether a line of memberships could not be read: then the rows are not the whole truth."""
    withheld: set[str] = field(default_factory=set)
    """Practices of which a row was read and not taken: of them, too, not all is said."""
    list_sizes: list[ListSize] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """What is odd, and is taken all the same."""
    places: dict[str, Place] = field(default_factory=dict)
    """Where an organisation was first told of."""

    def say(self, one: Organisation, file: str, line: int) -> None:
        self.organisations[one.ods_code] = one
        self.places.setdefault(one.ods_code, (file, line))

    def name(self, ones: Iterable[Organisation], file: str, line: int) -> None:
        for one in ones:
            self.named.setdefault(one.ods_code, one)
            self.places.setdefault(one.ods_code, (file, line))

    def take(self, row: MembershipRow, file: str, line: int) -> None:
        """A row said twice, on two lines or in two forms of a file, is one."""
        assert self.rows is not None
        if row not in self.row_places:
            self.row_places[row] = file, line
            self.rows.append(row)

    def withhold(self, rows: Collection[MembershipRow]) -> None:
        assert self.rows is not None
        self.rows = [row for row in self.rows if row not in rows]
        self.withheld.update(row.practice for row in rows)
