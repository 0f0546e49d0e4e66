"""The rules a claim must keep when it is submitted, LC001 to LC010. Pure: all are asked, always."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from nhs.formulas.scheme import Evidence, Scheme
from nhs.notes import has_nhs_number
from services.declarations.claims import terms
from services.declarations.claims.domain import Claim, Line


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a claim, and where: a line by its position, or the whole of it."""

    code: str
    message: str
    field: str
    line: int | None = None
    service_code: str | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that is attached to a claim."""

    service_code: str
    code: str
    file_name: str
    digest: str
    has_nhs_number: bool = False

    @property
    def ending(self) -> str:
        return self.file_name.rpartition(".")[2].lower()


@dataclass(frozen=True, slots=True)
class Participation:
    """The days on which the provider takes part in a service; None where it never did."""

    starts_on: date
    until: date | None

    def covers(self, start: date, end: date) -> bool:
        return self.until is not None and self.starts_on <= start and end <= self.until


@dataclass(frozen=True, slots=True)
class Opening:
    """The days on which an organisation is open."""

    opened_on: date | None
    closed_on: date | None

    def overlaps(self, start: date, end: date) -> bool:
        begun = self.opened_on is None or self.opened_on <= end
        return begun and (self.closed_on is None or self.closed_on >= start)


@dataclass(slots=True)
class Taken:
    """What other claims have taken already: those that wait for somebody or are approved."""

    claims: Counter[tuple[str, str, date]] = field(default_factory=Counter)
    """By provider, service and first day of the period."""
    units: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """By provider, service, component and financial year."""
    of_provider: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """Pounds by provider and service."""
    of_service: dict[str, Decimal] = field(default_factory=dict)

    def add(self, claim: Claim, lines: Sequence[Line]) -> None:
        """One more claim counts, for those checked after it."""
        for code in terms.claimed_services(lines):
            amount = terms.total(lines, code)
            self.claims[claim.provider, code, claim.period_start] += 1
            key = (claim.provider, code)
            self.of_provider[key] = self.of_provider.get(key, Decimal(0)) + amount
            self.of_service[code] = self.of_service.get(code, Decimal(0)) + amount
        for line in lines:
            where = (claim.provider, line.service_code, line.component, claim.financial_year)
            self.units[where] += line.units or 0


@dataclass(frozen=True, slots=True)
class Case:
    """A claim with all that it is checked against."""

    claim: Claim
    lines: Sequence[Line]
    notes: str | None
    evidence: Sequence[Attached]
    schemes: Mapping[str, Scheme]
    """By service; only those of the claim."""
    participations: Mapping[str, Participation]
    opening: Opening | None
    today: date
    taken: Taken
    evidence_seen: bool = False
    """Whether whoever submits it has seen the evidence, as a commissioner's upload says."""

    @property
    def claimed(self) -> list[str]:
        """The services that its lines claim; all, while there is no line."""
        named = terms.claimed_services(self.lines)
        return [code for code in named if code in self.schemes] or list(self.schemes)

    @property
    def period(self) -> tuple[date, date]:
        return self.claim.period_start, self.claim.period_end

    @property
    def period_in_words(self) -> str:
        return f"{self.claim.period_start} to {self.claim.period_end}"


def check(case: Case) -> list[Problem]:
    """Everything that is wrong with it, by rule and line; nothing, if it may be submitted."""
    return [problem for rule in RULES for problem in rule.check(case)]


def _window_open(case: Case) -> Iterator[Problem]:
    for code in case.claimed:
        window = terms.window_of(case.schemes[code], *case.period)
        if window is None:
            message = f"{code} has no claim window for {case.period_in_words}"
        elif case.today < window.opens_on:
            message = f"The claim window of {code} opens on {window.opens_on}"
        elif case.today > window.closes_on:
            message = f"The claim window of {code} closed on {window.closes_on}"
        else:
            continue
        yield Problem("LC001", message, "periodStart", service_code=code)


def _takes_part(case: Case) -> Iterator[Problem]:
    for code in case.claimed:
        known = case.participations.get(code)
        if known is None or not known.covers(*case.period):
            message = (
                f"{case.claim.provider} does not take part in {code} from {case.period_in_words}"
            )
            yield Problem("LC002", message, "service", service_code=code)


def _not_too_often(case: Case) -> Iterator[Problem]:
    for code in case.claimed:
        window = terms.window_of(case.schemes[code], *case.period)
        most = window.claims if window else 1
        made = case.taken.claims[case.claim.provider, code, case.claim.period_start]
        if made >= most:
            message = f"{code} has been claimed {made} of {most} times for {case.period_in_words}"
            yield Problem("LC003", message, "periodStart", service_code=code)


def _quantities(case: Case) -> Iterator[Problem]:
    """Each a whole number, each component within its caps: named is the line that passes one."""
    of_claim: Counter[tuple[str, str]] = Counter()
    for line in case.lines:
        if line.units is None:
            yield _of_line("LC004", line, "quantity", _no_quantity(line.quantity))
            continue
        key = (line.service_code, line.component)
        of_claim[key] += line.units
        yield from _caps(case, line, of_claim[key])


def _no_quantity(text: str) -> str:
    most = f"{terms.MOST_UNITS:,}"
    return f"{text!r} is no whole number from 0 to {most}" if text else "There is no quantity"


def _caps(case: Case, line: Line, units: int) -> Iterator[Problem]:
    scheme = case.schemes.get(line.service_code)
    component = terms.component_of(scheme, line.component) if scheme else None
    if component is None:
        return
    if component.most_per_claim is not None and units > component.most_per_claim:
        message = f"{units} is more than {component.most_per_claim}, the most of one claim"
        yield _of_line("LC004", line, "quantity", message)
    year = case.claim.financial_year
    where = (case.claim.provider, line.service_code, line.component, year)
    in_all = case.taken.units[where] + units
    if component.most_per_year is not None and in_all > component.most_per_year:
        message = f"It would be {in_all} in {year}, more than {component.most_per_year}"
        yield _of_line("LC004", line, "quantity", message)


def _components(case: Case) -> Iterator[Problem]:
    if not case.lines:
        yield Problem("LC005", "It claims nothing: add a component", "lines")
    for line in case.lines:
        scheme = case.schemes.get(line.service_code)
        if scheme is None:
            message = f"{line.service_code} is no service of this claim"
            yield _of_line("LC005", line, "service", message)
        elif terms.component_of(scheme, line.component) is None:
            message = f"{line.service_code} has no component {line.component}"
            yield _of_line("LC005", line, "component", message)
        elif line.tariff is None:
            message = f"{line.component} has no tariff in force from {case.period_in_words}"
            yield _of_line("LC005", line, "component", message)


def _evidence(case: Case) -> Iterator[Problem]:
    for code in () if case.evidence_seen else case.claimed:
        attached = [one for one in case.evidence if one.service_code == code]
        there = {one.code for one in attached}
        for wanted, line in required(case.schemes[code], code, case.lines):
            if wanted.code not in there:
                message = f"{wanted.name} ({wanted.code}) is not attached"
                yield Problem("LC006", message, "evidence", line, service_code=code)
        yield from _wrong_types(case.schemes[code], attached)


def required(
    scheme: Scheme, code: str, lines: Sequence[Line]
) -> Iterator[tuple[Evidence, int | None]]:
    """What must be attached, with the first line that asks for it.

    Evidence of certain components is asked for where one of them is claimed; other, always.
    """
    by_component = {name for component in scheme.components for name in component.evidence}
    asking: dict[str, int] = {}
    for line in lines:
        component = terms.component_of(scheme, line.component)
        if line.service_code == code and component and line.units != 0:
            for name in component.evidence:
                asking.setdefault(name, line.position)
    for one in scheme.evidence:
        if one.required and (one.code in asking or one.code not in by_component):
            yield one, asking.get(one.code)


def _wrong_types(scheme: Scheme, attached: Sequence[Attached]) -> Iterator[Problem]:
    accepts = {one.code: one.accepts for one in scheme.evidence}
    for one in attached:
        if one.ending not in accepts.get(one.code, ()):
            allowed = ", ".join(accepts.get(one.code, ())) or "nothing"
            message = f"{one.code} is accepted as {allowed}, not as {one.file_name}"
            yield Problem("LC006", message, "evidence", service_code=one.service_code)


def _provider_open(case: Case) -> Iterator[Problem]:
    if case.opening is None or not case.opening.overlaps(*case.period):
        message = f"{case.claim.provider} is not open at any time from {case.period_in_words}"
        yield Problem("LC007", message, "provider")


def _within_budget(case: Case) -> Iterator[Problem]:
    for code in case.claimed:
        scheme, claimed = case.schemes[code], terms.total(case.lines, code)
        limits = [
            (f"the budget of {code}", scheme.budget, case.taken.of_service.get(code)),
            (
                f"what one provider may claim of {code}",
                scheme.most_per_provider,
                case.taken.of_provider.get((case.claim.provider, code)),
            ),
        ]
        for what, most, taken in limits:
            if most is not None and (taken or 0) + claimed > most:
                left = max(most - (taken or 0), Decimal(0))
                message = f"£{claimed:,.2f} is more than the £{left:,.2f} left of {what}"
                yield Problem("LC008", message, "amount", service_code=code)


def _no_patient(case: Case) -> Iterator[Problem]:
    if has_nhs_number(case.notes or ""):
        message = "The notes hold what looks like an NHS number: write about no patient here"
        yield Problem("LC009", message, "notes")
    for one in case.evidence:
        if one.has_nhs_number:
            message = f"{one.file_name} holds what looks like an NHS number: take it off"
            yield Problem("LC009", message, "evidence", service_code=one.service_code)


def _amounts(case: Case) -> Iterator[Problem]:
    for line in case.lines:
        if line.sent is not None and line.amount is not None and line.sent != line.amount:
            message = (
                f"£{line.sent:,.2f} was sent; {line.units} at £{line.tariff} is £{line.amount:,.2f}"
            )
            yield _of_line("LC010", line, "amount", message)


def _of_line(code: str, line: Line, name: str, message: str) -> Problem:
    return Problem(code, message, name, line.position, line.service_code, line.component)


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    says: str
    check: Callable[[Case], Iterator[Problem]]


RULES: Final = (
    Rule("LC001", "The claim window is open for the period", _window_open),
    Rule("LC002", "The provider takes part in the service through the period", _takes_part),
    Rule("LC003", "A period is claimed as often as its window lets, and no more", _not_too_often),
    Rule("LC004", "A quantity is a whole number within the component's caps", _quantities),
    Rule(
        "LC005", "A component is of the service, with a tariff in force in the period", _components
    ),
    Rule("LC006", "The evidence that is required is attached, in an accepted form", _evidence),
    Rule("LC007", "The provider is open in the period", _provider_open),
    Rule(
        "LC008", "All claims stay within the budget, and within a provider's share", _within_budget
    ),
    Rule("LC009", "Neither notes nor evidence hold an NHS number", _no_patient),
    Rule("LC010", "An amount that was sent is the quantity by its tariff", _amounts),
)
