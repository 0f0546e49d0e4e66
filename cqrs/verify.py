"""Recomputes a receipt, or a history, with the standard library alone.

It shares nothing with what made them.

A receipt says of every line which formula was used, with which inputs, and what came of each step.
Verified are every value of every tree, the lines' points and pounds, their totals, the values that
are said to be submitted, the sums over the members of a network, and the hash that pins them.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from cqrs import verify_history

FORMAT = "cqrs-receipt/1"
NOT_EARNABLE = "NOT_EARNABLE"
POLICIES = {"points-2-pounds-2-half-up@1": {"points_paid": "round2", "pounds": "round2"}}
"""By the name of a rounding policy: the operator that makes each result."""

PARTS = ("numerator", "denominator", "register")

Number = Fraction | None
"""None: not earnable."""


class NotAReceiptError(Exception):
    """The file is neither a receipt nor a history; the message says why."""


def report(path: Path, head: str | None = None) -> int:
    """Say whether what is in the file holds; 0 if it does.

    `head` is of a history: LENGTH:HASH as an event or the declaration has it.
    """
    try:
        document = read(path)
    except NotAReceiptError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if document["format"] == verify_history.FORMAT:
        found, holds = verify_history.differences(document, head), verify_history.holds
    else:
        found, holds = differences(document), _holds
    if not found:
        sys.stdout.write(f"holds: {holds(document)}\n")
        return 0
    sys.stdout.writelines(f"{difference}\n" for difference in found)
    sys.stdout.write(f"does not hold: {len(found)} differences\n")
    return 1


def _holds(document: Mapping[str, Any]) -> str:
    return f"{len(document['lines'])} lines, {document['points']} points, £{document['pounds']}"


def read(path: Path) -> dict[str, Any]:
    try:
        receipt = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotAReceiptError(f"{path}: {error}") from error
    formats = (FORMAT, verify_history.FORMAT)
    if not isinstance(receipt, dict) or receipt.get("format") not in formats:
        raise NotAReceiptError(f"{path} is not of the format {' or '.join(formats)}")
    return receipt


def differences(receipt: Mapping[str, Any]) -> list[str]:
    """Everything that is not as it is recomputed to be; empty if the receipt holds."""
    try:
        found = [*_lines(receipt), *_members(receipt), *_totals(receipt), *_payment(receipt)]
        return [*found, *_hash(receipt), *_seal("the receipt", receipt)]
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        return [f"the receipt is not whole: {type(error).__name__} {error}"]


def _lines(receipt: Mapping[str, Any]) -> Iterator[str]:
    for line in receipt["lines"]:
        for found in (*_line(receipt, line), *_seal("the line", line)):
            yield f"{line['indicator']}: {found}"


def _line(receipt: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[str]:
    yield from _inputs(receipt, line)
    yield from _values(receipt, line)
    yield from _rounding(receipt, line)
    values = {name: _number(given["value"]) for name, given in line["inputs"].items()}
    made: dict[str, tuple[str | None, list[str]]] = {}
    for name, operator, arguments in line["formula"]["steps"]:
        values[name] = _step(operator, [values[argument] for argument in arguments])
        made[name] = (operator, arguments)
    yield from _tree(line["tree"], values, made)
    earned = values["points_paid"] is not None and values["pounds"] is not None
    if line["outcome"] != ("EARNED" if earned else NOT_EARNABLE):
        yield f"the outcome is not {line['outcome']}"
    for stated, step in (("points", "points_paid"), ("pounds", "pounds")):
        if Fraction(line[stated]) != (values[step] or 0):
            yield f"{stated} are {_text(values[step])}, not {line[stated]}"


def _inputs(receipt: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[str]:
    """What the formula was given is what the line and the receipt state."""
    stated = {f"values.{part}": line[part] for part in PARTS}
    stated["provider.list_size"] = receipt["list_size"]
    for key, figure in ((receipt.get("stood_on") or {}).get("figures") or {}).items():
        stated[key.removesuffix(f".{line['indicator']}")] = _number(figure)
    for name, given in line["inputs"].items():
        if given["from"] in stated and _number(given["value"]) != stated[given["from"]]:
            yield f"{name} is {given['value']}, but {given['from']} is {stated[given['from']]}"


def _values(receipt: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[str]:
    """The values it says were submitted are those it counts: the provider's, or its members'."""
    of_members = {
        member["practice"]: member["values"].get(line["indicator"])
        for member in (receipt.get("stood_on") or {}).get("members", ())
        if member["standing"] == "COUNTED" and "values" in member
    }
    counted = of_members or {receipt["provider"]: line}
    for given in line["values"]:
        numbers = counted.get(given["provider"])
        if numbers is None:
            yield f"it counts no values of {given['provider']}"
            continue
        for part in PARTS:
            if given[part] != numbers[part]:
                yield (
                    f"{given['provider']} submitted {part} {given[part]}, "
                    f"but {numbers[part]} is counted"
                )


def _rounding(receipt: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[str]:
    """The results are made by the operators that the named policy stands for."""
    policy = POLICIES.get(receipt["rounding_policy"])
    if policy is None:
        yield f"there is no rounding policy {receipt['rounding_policy']}"
        return
    for name, operator, _ in line["formula"]["steps"]:
        if operator != policy.get(name, operator):
            yield f"{name} is made by {operator}, not by {policy[name]} as the policy says"


def _tree(
    node: Mapping[str, Any],
    values: Mapping[str, Number],
    made: Mapping[str, tuple[str | None, list[str]]],
) -> Iterator[str]:
    """Every value is as recomputed, and comes from what the formula's step takes."""
    name, arguments = node["name"], node.get("arguments", [])
    if _number(node["value"]) != values[name]:
        yield f"{name} is {_text(values[name])}, not {node['value']}"
    shown = (node.get("operator"), [argument["name"] for argument in arguments])
    if shown != made.get(name, (None, [])):
        yield f"{name} is not worked out in the tree as in the formula"
    for argument in arguments:
        yield from _tree(argument, values, made)


def _members(receipt: Mapping[str, Any]) -> Iterator[str]:
    """A network's list and values are the sums over the members it counts."""
    members = (receipt.get("stood_on") or {}).get("members", ())
    counted = [member for member in members if member["standing"] == "COUNTED"]
    if not counted:
        return
    patients = sum(member["list_size"] for member in counted)
    if patients != receipt["list_size"]:
        yield f"the members have {patients} patients, not {receipt['list_size']}"
    if any("values" in member for member in counted):
        for line in receipt["lines"]:
            yield from _summed(line, [member["values"][line["indicator"]] for member in counted])


def _summed(line: Mapping[str, Any], values: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for part in PARTS:
        numbers = [one[part] for one in values]
        total = None if None in numbers else sum(numbers)
        if total != line[part]:
            yield f"{line['indicator']}: the members' {part} is {total}, not {line[part]}"


def _totals(receipt: Mapping[str, Any]) -> Iterator[str]:
    for stated in ("points", "pounds"):
        total = sum((Decimal(line[stated]) for line in receipt["lines"]), start=Decimal(0))
        if total != Decimal(receipt[stated]):
            yield f"the {stated} add up to {total}, not {receipt[stated]}"


def _payment(receipt: Mapping[str, Any]) -> Iterator[str]:
    """What was authorised is what was calculated, less what had been advanced."""
    paid = receipt["payment"]
    if paid is None:
        return
    if Decimal(paid["achieved"]) != Decimal(receipt["pounds"]):
        yield f"{paid['achieved']} were authorised, not {receipt['pounds']}"
    remains = Decimal(paid["achieved"]) - Decimal(paid["advanced"])
    if remains != Decimal(paid["amount"]):
        yield f"the payment is {remains}, not {paid['amount']}"


def _hash(receipt: Mapping[str, Any]) -> Iterator[str]:
    names = ("declaration", "digest", "prevalence_set", "list_size", "list_on")
    columns = ("indicator", "numerator", "denominator", "register", "points", "pounds")
    content = {name: receipt[name] for name in names}
    if receipt.get("stood_on") is not None:
        content["stood_on"] = receipt["stood_on"]
    content["lines"] = [[line[column] for column in columns] for line in receipt["lines"]]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    recomputed = hashlib.sha256(text.encode()).hexdigest()
    if recomputed != receipt["hash"]:
        yield f"the hash is {recomputed}, not {receipt['hash']}"


def _seal(what: str, content: Mapping[str, Any]) -> Iterator[str]:
    """Everything else in it has the SHA-256 that it carries."""
    rest = {name: value for name, value in content.items() if name != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    recomputed = hashlib.sha256(text.encode()).hexdigest()
    if recomputed != content["sha256"]:
        yield f"{what} has been changed: its SHA-256 is {recomputed}, not {content['sha256']}"


def _number(text: str) -> Number:
    return None if text == NOT_EARNABLE else Fraction(text)


def _text(number: Number) -> str:
    return NOT_EARNABLE if number is None else str(number)


def _step(operator: str, given: list[Number]) -> Number:
    if operator == "choose":
        condition, then, otherwise = given
        return None if condition is None else (then if condition > 0 else otherwise)
    numbers = [number for number in given if number is not None]
    return _calculate(operator, numbers) if len(numbers) == len(given) else None


def _calculate(operator: str, given: list[Fraction]) -> Number:  # noqa: C901, PLR0911, PLR0912 - a line an operator reads best
    match operator, given:
        case "ratio", [above, below]:
            return above / below if below else None
        case "product", _:
            result = Fraction(1)
            for number in given:
                result *= number
            return result
        case "sum", _:
            return sum(given, start=Fraction(0))
        case "difference", [left, right]:
            return left - right
        case "min", _:
            return min(given)
        case "max", _:
            return max(given)
        case "linear", [reached, lower, upper, points]:
            if reached <= lower:
                return Fraction(0)
            return points if reached >= upper else points * (reached - lower) / (upper - lower)
        case "steps", [reached, *pairs]:
            passed = [pairs[i + 1] for i in range(0, len(pairs), 2) if reached >= pairs[i]]
            return passed[-1] if passed else Fraction(0)
        case "round2", [number]:
            return _half_up(number * 100) / 100
        case "round0", [number]:
            return _half_up(number)
        case "floor", [number]:
            return Fraction(number // 1)
    raise ValueError(f"no operator {operator} of {len(given)}")


def _half_up(number: Fraction) -> Fraction:
    """Halves go away from zero."""
    whole = (2 * abs(number) + 1) // 2
    return Fraction(whole if number >= 0 else -whole)
