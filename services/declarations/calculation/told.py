"""A receipt in words: what is paid, what each line pays for, and what it all stands on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from chassis.clock import ENGLAND
from nhs.formulas.explain import explain
from nhs.formulas.formula import Formula
from services.declarations.calculation import wording, written

Receipt = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A paragraph, and sentences that bear it out."""

    summary: str
    details: list[str]
    origins: list[str]
    """Of a line: where its values came from."""
    sources: list[str]
    """Of a line: where everything else it takes comes from."""


def line(of: Receipt) -> Told:
    """Why a line pays what it pays."""
    formula = Formula.model_validate(of["formula"])
    inputs = {name: Fraction(given["value"]) for name, given in of["inputs"].items()}
    bindings = {name: given["from"] for name, given in of["inputs"].items()}
    facts = wording.facts(formula, explain(formula, inputs), bindings)
    said = wording.summary(facts)
    if of["provisional"]:
        said += " Its rule is not confirmed: it pays in demonstrations only."
    origins = [_origin(one) for one in of["values"]]
    return Told(said, wording.steps(facts), origins, list(_sources(of, facts)))


def _sources(of: Receipt, facts: wording.Facts) -> Iterator[str]:
    """What the formula takes beside values and list, each with where it comes from."""
    for name, given in of["inputs"].items():
        named = of["sources"].get(given["from"], {})
        if not named.get("source"):
            continue
        on = named.get("effective") or named.get("on")
        day = f", of {_day(on)}" if on else ""
        said = named["source"].rstrip(".")
        unsaid = named.get("status") == "provisional" and _DOUBT not in said
        doubt = f"; it is {_DOUBT}" if unsaid else ""
        title = f"{wording.begun(written.words(name))} {facts.shown(name)}{day}"
        yield f"{title}: {said}{doubt}."


_DOUBT = "not confirmed"


def whole(of: Receipt) -> Told:
    """What a declaration is paid in all, and what that stands on."""
    lines = of["lines"]
    paying = sum(1 for one in lines if Fraction(one["pounds"]))
    points = Fraction(of["points"])
    earned = f"for {written.number(points, at_least=2)} points " if points else ""
    said = (
        f"{_paid(of)} {earned}from {_day(of['period_start'])} to {_day(of['period_end'])}: the sum "
        f"of {len(lines)} indicator{'' if len(lines) == 1 else 's'}, of which {paying} "
        f"{'is' if paying == 1 else 'are'} worth something."
    )
    return Told(said, list(_stands_on(of)), [], [])


def _paid(of: Receipt) -> str:
    pounds = Fraction(of["pounds"])
    if pounds < 0:
        return f"{of['quality_service']} takes {written.pounds(-pounds)} back from {of['provider']}"
    return f"{of['quality_service']} pays {of['provider']} {written.pounds(pounds)}"


def _stands_on(of: Receipt) -> Iterator[str]:
    yield _list(of)
    yield from _members(of)
    yield from _figures(of)
    yield from _advance(of)
    if of["prevalence_source"]:
        yield f"National figures: {of['prevalence_source']}."
    yield (
        f"Rules: {of['quality_service']}, published as {of['digest'][:8]}; rounded by "
        f"{of['rounding_policy']}: points to two decimal places, each line to the penny, halves up."
    )
    if of["provisional"]:
        yield "Some of its rules are not confirmed: they pay in demonstrations only."
    if of["payment"]:
        yield _payment(of["payment"])
    yield f"Calculated on {_moment(of['calculated_at'])}, for the {_nth(of)} time."


def _payment(of: Receipt) -> str:
    """What of it was paid, and what had been paid in advance."""
    achieved, advanced, amount = (Fraction(of[n]) for n in ("achieved", "advanced", "amount"))
    less = f" less {written.pounds(advanced)} aspiration" if advanced else ""
    made = f"{written.pounds(achieved)} achieved{less}: an entry of {written.pounds(amount)}"
    return f"Authorised on {_moment(of['at'])}, {made}."


def _nth(of: Receipt) -> str:
    number = of["calculation_version"]
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _list(of: Receipt) -> str:
    patients = written.number(Fraction(of["list_size"]))
    if of["list_stands_in"]:
        return (
            f"The list of the day it goes by is not known; that of {_day(of['list_on'])}, "
            f"{patients} patients, stands in for it."
        )
    return f"It goes by the list of {_day(of['list_on'])}: {patients} patients."


def _members(of: Receipt) -> Iterator[str]:
    stood_on = of["stood_on"] or {}
    for member in stood_on.get("members", ()):
        since = f"a member since {_day(member['from'])}"
        if member["to"]:
            since += f" to {_day(member['to'])}"
        on = _day(stood_on["membership_on"])
        counted = "is counted" if member["standing"] == "COUNTED" else "is not counted"
        why = _WHY.get(member["standing"], "")
        yield f"On {on} {member['practice']} {counted}: {since}{why}."


_WHY = {
    "NOT_PARTICIPATING": ", but it does not take part",
    "LEFT": ", and had left by then",
    "ELSEWHERE": ", and another network counts it",
}


def _figures(of: Receipt) -> Iterator[str]:
    """What is neither a value nor a list, each once, with where it comes from."""
    sources = {
        to: named
        for one in of["lines"]
        for to, named in one["sources"].items()
        if to in _FIGURES and named.get("source")
    }
    for to, named in sources.items():
        stands_in = ", which stands in for the day it goes by" if named.get("stands_in") else ""
        on = f", of {_day(named['on'])}" if named.get("on") else ""
        yield f"{_FIGURES[to]}: {named['source']}{on}{stands_in}."


def _advance(of: Receipt) -> Iterator[str]:
    """Why it is paid before anything is achieved."""
    year = of.get("advance_on")
    if year:
        yield (
            f"It is an advance on {year['service_code']}, which {of['provider']} has accepted from "
            f"{_day(year['from'])} to {_day(year['to'])}, and is taken off that payment."
        )


_FIGURES = {
    "provider.adjusted_population": "Adjusted population",
    "payment.pounds": "The payment it is a part of",
    "previous.points": "Points of the year before",
    "year.counted": "Counted in other periods of the year",
}


def _origin(of: Receipt) -> str:
    """How the values of one provider came, and what they replaced."""
    when = _moment(of["entered_at"])
    how = (
        f"came with the extract {of['file'] or of['load']}, loaded on {when}"
        if of["how"] == "AUTOMATIC"
        else f"were entered by hand for {of['acting_for']} on {when}"
    )
    replaced = f" They replaced {_numbers(of['replaced'])}." if of["replaced"] else ""
    return f"{of['provider']}: {_numbers(of)} {how}.{replaced}"


def _numbers(of: Receipt) -> str:
    parts = ("numerator", "denominator", "register")
    known = [f"{part} {of[part]:,}" for part in parts if of[part] is not None]
    return ", ".join(known) or "no numbers"


def _day(text: str) -> str:
    return written.day(date.fromisoformat(text))


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text).astimezone(ENGLAND)
    return f"{written.day(at.date())} at {at:%H:%M}"
