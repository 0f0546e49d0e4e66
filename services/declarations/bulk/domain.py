"""Bulk claims: the template's mark, what its rows say, and what is wrong with them. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Final

from chassis.errors import DomainError

RULE: Final = "LC011"
"""A template is as it was handed out, and every row of it can be resolved (DOMAIN.md 2)."""
FORMAT: Final = "1"
COLUMNS: Final = (
    "SERVICE",
    "PROVIDER",
    "PROVIDER_NAME",
    "COMPONENT",
    "COMPONENT_NAME",
    "UNIT",
    "TARIFF",
    "QUANTITY",
)
MOST_ROWS: Final = 50_000
_MARK: Final = re.compile(
    r"TEMPLATE ([0-9]{1,4}) ([A-Z0-9/.-]{1,60}) ([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r" ([0-9]{4}-[0-9]{2}-[0-9]{2}) ([A-Z0-9]{1,10}) ([A-Za-z0-9_-]{20,40})"
)
_WHOLE: Final = re.compile(r"\A([0-9]+)\.0+\Z")


@dataclass(frozen=True, slots=True)
class Template:
    """What a template was handed out for."""

    quality_service: str
    """The version of the service."""
    period_start: date
    period_end: date
    commissioner: str
    format: str = FORMAT

    @property
    def service(self) -> str:
        return self.quality_service.partition("/")[0]

    @property
    def words(self) -> str:
        """What its mark says of it, but for the signature."""
        period = f"{self.period_start} {self.period_end}"
        return f"{self.format} {self.quality_service} {period} {self.commissioner}"

    def mark(self, signature: str) -> str:
        """The last title of its header. The signature is drawn, and kept beside what it signs."""
        return f"TEMPLATE {self.words} {signature}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: the header is row 1."""

    row: int
    code: str
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one row claims. Rows that claim nothing are none."""

    row: int
    provider: str
    component: str
    quantity: str
    tariff: str


@dataclass(frozen=True, slots=True)
class Given:
    """A filled template as it was read."""

    template: Template
    signature: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]

    @property
    def digest(self) -> str:
        """The same for the same claims, whatever the form and order of the file."""
        lines = sorted(f"{r.provider}\t{r.component}\t{r.quantity}" for r in self.rows)
        return hashlib.sha256("\n".join([self.template.words, *lines]).encode()).hexdigest()


def read(rows: Sequence[Sequence[str]]) -> Given:
    """The template and its rows; refused where it is none, or not as it was handed out."""
    template, signature = _header(rows[0] if rows else ())
    if len(rows) - 1 > MOST_ROWS:
        message = f"A file holds at most {MOST_ROWS:,} rows, not {len(rows) - 1:,}."
        raise DomainError("TOO_MANY_ROWS", message, field="row", most=MOST_ROWS)
    problems: list[Problem] = []
    claimed = list(_claimed(rows[1:], template, problems))
    problems += _twice(claimed)
    return Given(template, signature, tuple(claimed), tuple(problems))


def _header(titles: Sequence[str]) -> tuple[Template, str]:
    titles = [title.strip() for title in titles]
    mark = _MARK.fullmatch(titles[len(COLUMNS)]) if len(titles) > len(COLUMNS) else None
    if tuple(titles[: len(COLUMNS)]) != COLUMNS or mark is None or any(titles[len(COLUMNS) + 1 :]):
        message = (
            f"This is no template of claims: its columns are {', '.join(COLUMNS)}, and a mark."
        )
        raise DomainError(RULE, message, field="row 1", expected=list(COLUMNS))
    form, service, start, end, commissioner, signature = mark.groups()
    if form != FORMAT:
        message = f"This is a template of format {form}; the format now is {FORMAT}: ask for one."
        raise DomainError(RULE, message, field="row 1")
    try:
        period = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        raise changed_mark() from None
    return Template(service, *period, commissioner, form), signature


def changed_mark() -> DomainError:
    message = "The template's mark is not as it was handed out: ask for a new template."
    return DomainError(RULE, message, field="row 1")


def _claimed(
    rows: Sequence[Sequence[str]], template: Template, problems: list[Problem]
) -> Iterator[Row]:
    for number, cells in enumerate(rows, start=2):
        given = [cell.strip() for cell in cells]
        if not any(given):
            continue
        if any(given[len(COLUMNS) :]):
            message = f"The row has more than the {len(COLUMNS)} columns of the header"
            problems.append(Problem(number, RULE, None, message))
            continue
        of = dict(zip_longest(COLUMNS, given[: len(COLUMNS)], fillvalue=""))
        if of["SERVICE"] != template.service:
            message = f"The template is of {template.service}, not of {of['SERVICE'][:40]}"
            problems.append(Problem(number, RULE, "SERVICE", message))
        elif of["QUANTITY"]:
            quantity = _WHOLE.sub(r"\1", of["QUANTITY"].removeprefix("'"))
            yield Row(number, of["PROVIDER"], of["COMPONENT"], quantity, of["TARIFF"])


def _twice(rows: Sequence[Row]) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        before = first.setdefault((row.provider, row.component), row.row)
        if before != row.row:
            message = f"{row.component[:40]} of {row.provider[:40]} stands in row {before} already"
            yield Problem(row.row, RULE, "COMPONENT", message)


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows of a template can be about."""

    components: frozenset[str]
    providers: Mapping[str, str]
    """Those of them that take part, with the version of the service they do so by."""


def unresolved(row: Row, template: Template, known: Known) -> Problem | None:
    """Why the row is about no provider or component of the template; None where it is."""
    version = known.providers.get(row.provider)
    if version is None:
        message = f"{row.provider[:40]} is no provider of the template that takes part"
        return Problem(row.row, RULE, "PROVIDER", message)
    if version != template.quality_service:
        message = f"{row.provider} takes part in {version}, the template is of another version"
        return Problem(row.row, RULE, "PROVIDER", message)
    if row.component not in known.components:
        message = f"The template has no component {row.component[:40]}"
        return Problem(row.row, RULE, "COMPONENT", message)
    return None


def changed_tariff(row: Row, tariff: Decimal | None) -> Problem | None:
    """What the template said a unit pays stays as it was."""
    try:
        same = Decimal(row.tariff) == tariff
    except InvalidOperation:
        same = False
    if same or tariff is None:
        return None
    message = f"The tariff of {row.component} is {tariff}, not {row.tariff[:40]}"
    return Problem(row.row, RULE, "TARIFF", message)
