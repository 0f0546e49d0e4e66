"""From a mail that is due to what it says, as things stand now."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.notifications.email import words
from services.notifications.email.domain import Outcome, Verdict
from services.notifications.email.letter import Letter
from services.notifications.email.links import Links, Wish
from services.notifications.email.store import letters
from services.notifications.messages import wording
from services.notifications.messages.domain import Kind as MessageKind
from services.notifications.preferences import store as preferences
from services.notifications.preferences.domain import Choice, Chosen, Kind, choice_for, kind_of

MOST_ITEMS: Final = 50
"""Of one organisation in one digest; the rest is counted."""
_NO_LONGER_WANTED: Final = Outcome(Verdict.WITHHELD, "NO_LONGER_WANTED", "They unsubscribed.")
_LEFT: Final = Outcome(
    Verdict.WITHHELD, "NOT_LINKED", "They do not act for the organisation any more."
)


async def letter_for(reader: Reader, delivery: Record, links: Links) -> Letter | Outcome:
    """What to write; or why nothing is to be written any more."""
    person: UUID = delivery["person_id"]
    chosen = (await preferences.chosen(reader, [person])).get(person, {})
    told = await letters.messages(reader, delivery["id"])
    name = delivery["name"]
    if delivery["digest_on"] is None:
        return _about_a_message(name, told[0], chosen, links) if told else _LEFT
    if not any(choice_for(kind, chosen) is Choice.DAILY for kind in Kind):
        return _NO_LONGER_WANTED
    accepted = await letters.acceptances(reader, delivery["id"])
    if not (told or accepted):
        return _LEFT
    return _of_a_day(name, told, accepted, links.unsubscribe(Wish(person, None)))


def _about_a_message(name: str, row: Record, chosen: Chosen, links: Links) -> Letter | Outcome:
    kind = kind_of(row["subject_code"])
    if choice_for(kind, chosen) is Choice.NEVER:
        return _NO_LONGER_WANTED
    task, place = row["kind"] == MessageKind.TASK, row["place"]
    said = wording.Facts.of(row)
    facts = {
        "name": name,
        "organisation": place,
        "body": wording.body(row["subject_code"], said),
        "to_do": words.to_do(task=task, due_on=row["due_on"]),
        "why": words.why(kind, row["role"], place),
        "these": words.these(kind),
    }
    subject = wording.subject(row["subject_code"], said)
    return Letter("message", subject, facts, links.unsubscribe(Wish(row["person_id"], kind)))


def _of_a_day(
    name: str, told: Sequence[Record], accepted: Mapping[str, Sequence[str]], unsubscribe: str
) -> Letter:
    tasks = sum(row["kind"] == MessageKind.TASK for row in told)
    counted = sum(len(names) for names in accepted.values())
    facts = {
        "name": name,
        "places": [_place(place, rows) for place, rows in groupby(told, itemgetter("place"))],
        "acceptances": [
            {"service": service, "count": len(names), "names": names[:MOST_ITEMS]}
            for service, names in accepted.items()
        ],
        "why": words.WHY_DAILY,
        "these": words.these(None),
    }
    subject = words.of_the_day(tasks, len(told) - tasks, counted)
    return Letter("digest", subject, facts, unsubscribe)


def _place(place: str, told: Iterable[Record]) -> dict[str, Any]:
    """What is told at one organisation, tasks first."""
    there = [_item(row) for row in told]
    there.sort(key=lambda item: not item["task"])
    return {"name": place, "items": there[:MOST_ITEMS], "more": len(there[MOST_ITEMS:])}


def _item(row: Record) -> dict[str, Any]:
    said = wording.Facts.of(row)
    return {
        "task": row["kind"] == MessageKind.TASK,
        "subject": wording.subject(row["subject_code"], said),
        "body": wording.body(row["subject_code"], said),
    }
