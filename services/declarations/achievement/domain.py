"""The rows of an INDICATOR_VALUES extract, and what can be wrong with one."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

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
GREATEST = 9_999_999
"""Of one provider: far above any, and so that what many add up to is still kept whole."""

YesNo = AbstractSet[tuple[str, str, str]]
"""Service code, indicator and field of what is answered Y or N (DOMAIN 1.7: Yes/No Flag)."""
ANSWERS: Final = {"Y": 1, "N": 0}


@dataclass(frozen=True, slots=True)
class Fields:
    """What must be known of the catalogue to read rows; each as service, indicator and field."""

    answered: YesNo = frozenset()
    numerators: AbstractSet[tuple[str, str, str]] = frozenset()


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
    submitted_at: datetime
    values: dict[str, int]
    """By field; of two values of one field the later row's counts."""
    rows: int = 0
    numerator_line: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in which row (the header is row 1) and which column."""

    line: int
    code: str
    field: str | None
    message: str


class RowError(Exception):
    def __init__(self, code: str, field: str | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


def columns_problem(header: list[str]) -> str | None:
    """What is wrong with the header, in words; None if nothing is."""
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown:
        parts = [("missing", missing), ("not expected", unknown)]
        return "; ".join(f"{', '.join(names)} {what}" for what, names in parts if names)
    return None if tuple(header) == COLUMNS else "the columns are not in the extract's order"


@dataclass(slots=True)
class Chunk:
    """Some rows of an extract, read: what they say, and what is wrong with the others."""

    submissions: list[Submission]
    problems: list[Problem]
    rows: int
    superseded: int = 0


_Key = tuple[str, ...]
"""What the rows of one submission of one indicator share, as it is written."""


def read_rows(rows: Sequence[list[str]], first_line: int, fields: Fields) -> Chunk:
    """Read rows; each that is at fault is listed for itself."""
    chunk = Chunk([], [], len(rows))
    found: dict[_Key, Submission] = {}
    for line, row in enumerate(rows, start=first_line):
        try:
            chunk.superseded += not _read(line, row, fields, found)
        except RowError as error:
            chunk.problems.append(Problem(line, error.code, error.field, str(error)))
    chunk.submissions = list(found.values())
    return chunk


def _read(line: int, row: list[str], fields: Fields, found: dict[_Key, Submission]) -> bool:
    """Add the row to its submission; False if it was superseded."""
    if len(row) != len(COLUMNS):
        message = f"the row has {len(row)} columns, not {len(COLUMNS)}"
        raise RowError("ROW_MALFORMED", None, message)
    service, name, provider, achieved, indicator, field, value, by_default, user, on, at, last = row
    if "\0" in f"{service}{name}{provider}{indicator}{field}{value}{by_default}{user}":
        raise RowError("ROW_MALFORMED", None, "the row holds a NUL character: it is no text")
    if last == "N":
        return False
    if last != "Y":
        message = f"LAST_SUBMISSION is Y or N, not {last!r}"
        raise RowError("LAST_SUBMISSION_NOT_VALID", "LAST_SUBMISSION", message)
    what = (service, indicator, field)
    if what in fields.answered:
        number = read_answer(value)
    elif value.isascii() and value.isdecimal() and len(value) < 8:
        number = int(value)
    else:
        number = read_number(value)
    key = (service, provider, indicator, user, achieved, on, at)
    one = found.get(key)
    if one is None:
        submitted = datetime.combine(read_date(on, "SUBMIT_DATE"), _read_time(at))
        day = read_date(achieved, "ACH_DATE")
        one = Submission(line, service, provider, day, indicator, user, submitted, {})
        found[key] = one
    one.values[field] = number
    one.rows += 1
    if what in fields.numerators:
        one.numerator_line = line
    return True


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
