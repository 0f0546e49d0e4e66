"""The rows of extracts of values, in either of their formats, and what can be wrong with one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from functools import lru_cache
from typing import Any, Final

COLUMNS = (
    "QUALITY_SERVICE",
    "NAME",
    "ORG_CODE",
    "ACH_DATE",
    "IND_CODE",
    "FIELD_NAME",
    "VALUE",
    "DEFAULT_VALUES_USED",
    "SUBMIT_USER_ID",
    "SUBMIT_DATE",
    "SUBMIT_TIME",
    "LAST_SUBMISSION",
)
NETWORK_COLUMNS = (
    "PRMRY_MDCL_CARE_SRVC_SHRT_NAME",
    "ORG_CODE",
    "ACH_DATE",
    "IND_CODE",
    "FIELD_NAME",
    "VALUE",
    "APPROVED_STATUS",
)
GREATEST = 9_999_999
"""Of one provider: far above any, and so that what many add up to is still kept whole."""
LONGEST_WORD = 40
"""Of DEFAULT_VALUES_USED; sources know one word, None, and that there are others."""
NO_DEFAULTS: Final = "None"
ANSWERS: Final = {"Y": 1, "N": 0}


@dataclass(frozen=True, slots=True)
class Format:
    """What extracts of one kind are called, their columns, and what their errors point to."""

    name: str
    columns: tuple[str, ...]
    service: str
    """The column that names the service."""
    when: str
    """The column that says when values were submitted, or whose they are where none does."""
    stands: str
    """What stands over the extract, in words."""


VALUES: Final = Format(
    "INDICATOR_VALUES",
    COLUMNS,
    "QUALITY_SERVICE",
    "SUBMIT_DATE",
    "what was submitted by hand after this extract stands",
)
NETWORK_VALUES: Final = Format(
    "NCD",
    NETWORK_COLUMNS,
    "PRMRY_MDCL_CARE_SRVC_SHRT_NAME",
    "ORG_CODE",
    "what was submitted by hand stands: this extract does not say when it was made",
)


class Kind(Enum):
    """How a field of an indicator is read."""

    NUMERATOR = "NUMERATOR"
    ANSWER = "ANSWER"
    """A numerator that is Y or N (DOMAIN 1.7: Yes/No Flag)."""
    OTHER = "OTHER"


_NUMERATOR, _ANSWER, _OTHER = Kind
Field = tuple[str, str, str]
"""Service code, indicator, and the name of the field."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What the catalogue says there is: every field of every indicator of every service."""

    kinds: Mapping[Field, Kind]
    indicators: AbstractSet[tuple[str, str]]
    """By service."""

    @classmethod
    def of(cls, kinds: Mapping[Field, Kind]) -> "Fields":
        return cls(kinds, {(service, indicator) for service, indicator, _ in kinds})

    def not_named(self, what: Field) -> Kind:
        """Refuse it, unless nobody knows its indicator or service: that is told later."""
        if what[:2] in self.indicators:
            raise UnknownFieldError(what)
        return _OTHER


@dataclass(slots=True)
class Submission:
    """What one submission says of one indicator: rows that belong together."""

    line: int
    """The first of its rows."""
    service: str
    provider: str
    achieved_on: date
    indicator: str
    submitted_by: str
    submitted_at: datetime | None
    """None where the format does not say."""
    values: dict[str, int]
    """By field; of two values of one field the later row's counts."""
    rows: int = 0
    numerator_line: int | None = None
    default_values_used: str | None = None
    """DEFAULT_VALUES_USED, where it says that there were any."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in which row (the header is row 1) and which column."""

    line: int
    code: str
    field: str | None
    message: str


class UnknownFieldError(Exception):
    """The indicator is known, the field is not one of its."""

    def __init__(self, what: Field) -> None:
        super().__init__(what)
        self.what = what


class RowError(Exception):
    def __init__(self, code: str, field: str | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


def format_of(header: Sequence[str]) -> Format:
    """The format whose columns they are, or of which they are more than of the other."""

    def share(form: Format) -> float:
        return len(set(form.columns) & set(header)) / len(form.columns)

    return max((VALUES, NETWORK_VALUES), key=share)


def columns_problem(header: Sequence[str], form: Format) -> str | None:
    """What is wrong with the header, in words; None if nothing is."""
    missing = [name for name in form.columns if name not in header]
    unknown = [_shown(name) for name in header if name not in form.columns]
    twice = [name for name, times in Counter(header).items() if times > 1 and name in form.columns]
    parts = [("missing", missing), ("not expected", unknown), ("there twice", twice)]
    if any(names for _, names in parts):
        return "; ".join(f"{', '.join(names)} {what}" for what, names in parts if names)
    wrong = [name for name, known in zip(header, form.columns, strict=True) if name != known]
    return f"{wrong[0]} is not in its place: {', '.join(form.columns)}" if wrong else None


@dataclass(slots=True)
class Chunk:
    """Some rows of an extract, read: what they say, and what is wrong with the others."""

    submissions: list[Submission]
    problems: list[Problem]
    rows: int
    superseded: int = 0
    unknown: dict[Field, "Unknown"] = field(default_factory=dict)


@dataclass(slots=True)
class Unknown:
    """A field that its indicator has not: a national collection may have it for every practice."""

    line: int
    rows: int = 0

    def message(self, what: Field) -> str:
        service, indicator, name = what
        return f"{indicator} of {service} has no field {_shown(name)!r} ({self.rows} rows)"


_Key = tuple[str | None, ...]
"""What the rows of one submission of one indicator share, as it is written."""


def read_rows(rows: Sequence[list[str]], first_line: int, fields: Fields, form: Format) -> Chunk:
    """Read rows; each that is at fault is listed for itself, what is unknown once for all."""
    chunk = Chunk([], [], len(rows))
    found: dict[_Key, Submission] = {}
    read = _read if form is VALUES else _read_of_network
    for line, row in enumerate(rows, start=first_line):
        try:
            chunk.superseded += not read(line, row, fields, found)
        except UnknownFieldError as error:
            chunk.unknown.setdefault(error.what, Unknown(line)).rows += 1
        except RowError as error:
            chunk.problems.append(Problem(line, error.code, error.field, str(error)))
    chunk.submissions = list(found.values())
    return chunk


def _read_of_network(
    line: int, row: Sequence[str], fields: Fields, found: dict[_Key, Submission]
) -> bool:
    """A row of the network format as one of the full: the latest, by who submits for networks.

    When that was nobody knows; how far its declaration was elsewhere moves none here.
    """
    _check_width(row, NETWORK_COLUMNS)
    service, provider, achieved, indicator, field, value, approved = row
    about = (service, approved, provider, achieved, indicator, field, value)
    full = (*about, NO_DEFAULTS, "cro-processor", None, None, "Y")
    return _read(line, full, fields, found)


def _check_width(row: Sequence[Any], columns: Sequence[str]) -> None:
    if len(row) != len(columns):
        message = f"the row has {len(row)} columns, not {len(columns)}"
        raise RowError("ROW_MALFORMED", None, message)


def _read(line: int, row: Sequence[Any], fields: Fields, found: dict[_Key, Submission]) -> bool:
    """Add the row to its submission; False if it was superseded."""
    if len(row) != len(COLUMNS):
        _check_width(row, COLUMNS)
    service, name, provider, achieved, indicator, field, value, by_default, user, on, at, last = row
    if "\0" in f"{service}{name}{provider}{indicator}{field}{value}{by_default}{user}":
        raise RowError("ROW_MALFORMED", None, "the row holds a NUL character: it is no text")
    if last == "N":
        return False
    if last != "Y":
        message = f"LAST_SUBMISSION is Y or N, not {_shown(last)!r}"
        raise RowError("LAST_SUBMISSION_NOT_VALID", "LAST_SUBMISSION", message)
    what = (service, indicator, field)
    kind = fields.kinds.get(what) or fields.not_named(what)
    if kind is _ANSWER:
        number = read_answer(value)
    elif value.isascii() and value.isdecimal() and len(value) < 8:
        number = int(value)
    else:
        number = read_number(value)
    word = None if by_default == NO_DEFAULTS else _read_defaults(by_default)
    key = (service, provider, indicator, user, achieved, on, at)
    one = found.get(key)
    if one is None:
        submitted = None if on is None else _read_moment(on, at)
        day = read_date(achieved, "ACH_DATE")
        one = Submission(line, service, provider, day, indicator, user, submitted, {})
        found[key] = one
    one.default_values_used = word or one.default_values_used
    one.values[field] = number
    one.rows += 1
    if kind is _NUMERATOR or kind is _ANSWER:
        one.numerator_line = line
    return True


def _read_moment(on: str, at: str) -> datetime:
    return datetime.combine(read_date(on, "SUBMIT_DATE"), _read_time(at))


def _read_defaults(text: str) -> str | None:
    word = text.strip()
    if len(word) > LONGEST_WORD:
        message = f"DEFAULT_VALUES_USED is {_shown(word)!r}: it is a word, or None"
        raise RowError("DEFAULT_VALUES_USED_NOT_VALID", "DEFAULT_VALUES_USED", message)
    return None if word in ("", NO_DEFAULTS) else word


def read_answer(value: str) -> int:
    """Y as 1, N as 0; extracts may also write the figures themselves."""
    text = value.strip()
    if text in ("0", "1"):
        return int(text)
    return read_yes_or_no(text)


def read_yes_or_no(text: str) -> int:
    """What a person answers: Y or N, and nothing else."""
    if not text:
        raise RowError("VALUE_MISSING", "VALUE", "VALUE is empty")
    if text not in ANSWERS:
        message = f"VALUE is {_shown(text)!r}: this is answered Y or N"
        raise RowError("VALUE_NOT_YES_OR_NO", "VALUE", message)
    return ANSWERS[text]


def read_number(value: str) -> int:
    """A count: a whole number, 0 or more."""
    text = value.strip()
    if not text:
        raise RowError("VALUE_MISSING", "VALUE", "VALUE is empty")
    if text.isdecimal() and text.isascii():
        digits = text.lstrip("0") or "0"
        if len(digits) <= len(str(GREATEST)) and int(digits) <= GREATEST:
            return int(digits)
        message = f"VALUE is {_shown(text)}: no cohort is so large"
        raise RowError("VALUE_TOO_LARGE", "VALUE", message)
    if text.startswith("-") and text[1:].isdecimal():
        raise RowError("VALUE_NEGATIVE", "VALUE", f"VALUE is {_shown(text)}: a count is 0 or more")
    message = f"VALUE is {_shown(text)!r}, not a whole number"
    raise RowError("VALUE_NOT_A_NUMBER", "VALUE", message)


def _shown(text: str) -> str:
    """As much of a value as a message can bear."""
    return text if len(text) <= 40 else f"{text[:40]}…"


@lru_cache(maxsize=4096)
def read_date(text: str, field: str) -> date:
    """A day as extracts write it: yyyymmdd, dd/mm/yyyy or yyyy-mm-dd."""
    plain = text.strip()
    for form, length in (("%Y%m%d", 8), ("%d/%m/%Y", 10), ("%Y-%m-%d", 10)):
        if len(plain) != length:  # 2026111 would be read as a day of November
            continue
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    message = f"{field} is {_shown(text)!r}: it is written yyyymmdd or dd/mm/yyyy"
    raise RowError("DATE_NOT_VALID", field, message)


@lru_cache(maxsize=4096)
def _read_time(text: str) -> time:
    message = f"SUBMIT_TIME is {_shown(text)!r}: it is written hh:mm:ss"
    try:
        read = time.fromisoformat(text.strip())
    except ValueError:
        raise RowError("TIME_NOT_VALID", "SUBMIT_TIME", message) from None
    if read.tzinfo is not None:  # extracts write the time of their own clock
        raise RowError("TIME_NOT_VALID", "SUBMIT_TIME", message)
    return read
