"""Unsubscribing from the mail, by whoever holds its link."""

from html import unescape
from re import search
from uuid import UUID

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from services.notifications.email.links import Links, Wish
from services.notifications.preferences import store
from services.notifications.preferences.domain import Choice, Kind
from tests.services.notifications.email.office import KEY

SERVICE = Role.SERVICE_MANAGEMENT
LINKS = Links("https://cqrs.example", KEY)


def _path(link: str) -> str:
    return link.removeprefix("https://cqrs.example")


async def _follow(served, path, **how):
    method = "POST" if how else "GET"
    async with served.client.http.request(
        method, f"{served.client.address}{path}", **how
    ) as answer:
        return answer.status, answer.headers, await answer.text()


async def _chosen(served, person):
    async with served.centre.database.reader() as reader:
        return (await store.chosen(reader, [person])).get(person, {})


@pytest.fixture
def person(served) -> UUID:
    return served.centre.people["A99001", SERVICE]


async def test_to_look_at_the_link_changes_nothing(served, person):
    path = _path(LINKS.unsubscribe(Wish(person, Kind.OFFERS)))
    status, headers, page = await _follow(served, path)
    assert (status, "Stop mails about offers" in page) == (200, True)
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert search(r'<form method="post"><button', unescape(page))
    assert await _chosen(served, person) == {}


async def test_the_link_works_once_and_again_and_is_kept_as_history(served, person):
    path = _path(LINKS.unsubscribe(Wish(person, Kind.OFFERS)))
    for _ in range(2):
        status, _, page = await _follow(served, path, data="List-Unsubscribe=One-Click")
        assert (status, "You have unsubscribed" in page) == (200, True)
    assert await _chosen(served, person) == {Kind.OFFERS: Choice.NEVER}
    async with served.centre.database.reader() as reader:
        changes = await store.changes(reader, person, 10)
    assert [(row["choice_after"], row["by_link"]) for row in changes] == [("NEVER", True)]


async def test_the_digests_link_stops_what_came_by_digest_and_nothing_else(served, person):
    async with served.centre.database.transaction() as tx:
        await store.choose(
            tx, person, {Kind.OFFERS: Choice.AT_ONCE}, served.client.running.clock.now()
        )
    await _follow(served, _path(LINKS.unsubscribe(Wish(person, None))), data="")
    chosen = await _chosen(served, person)
    assert chosen[Kind.OFFERS] is Choice.AT_ONCE
    assert chosen[Kind.DECLARATIONS] is Choice.NEVER
    assert Kind.ACCOUNT not in chosen  # that comes at once


@pytest.mark.parametrize("how", [{}, {"data": "List-Unsubscribe=One-Click"}])
async def test_a_forged_link_is_refused(served, person, how):
    real = _path(LINKS.unsubscribe(Wish(person, Kind.OFFERS)))
    other = _path(LINKS.unsubscribe(Wish(new_id(), Kind.OFFERS)))
    forged = [
        real.replace("OFFERS", "PAYMENTS"),
        real.replace("OFFERS", "EVERYTHING"),
        real[:-1] + ("A" if real[-1] != "A" else "B"),
        other.replace(other.split("/")[4], str(person)),
        real.replace(str(person), "nobody"),
        _path(Links("https://cqrs.example", b"another").unsubscribe(Wish(person, Kind.OFFERS))),
    ]
    for path in forged:
        status, _, page = await _follow(served, path, **how)
        assert (status, "This link is not valid" in page) == (403, True)
    assert await _chosen(served, person) == {}
