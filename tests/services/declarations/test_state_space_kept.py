"""Every command by every role, over the database: what is answered and kept is the model's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nhs.roles import Role
from services.declarations.agreements import commands as agreements
from tests.services.declarations.approval_model import FINANCE, OVER, Answer, Model
from tests.services.declarations.period import Period, extract_rows, offer, worked_values
from tests.services.declarations.test_returned_and_held import act
from tests.support.directory import have_person

COMMISSIONERS = {"approver": {"approve"}, "finance": {"finance-approve"}}
COMMISSIONERS |= {"second approver": {"approve"}, "both": {"approve", "finance-approve"}}
ELSEWHERE = ["other commissioner", "other practice", "practice viewer"]
NUMBERS = count(1)

commands = st.tuples(
    st.sampled_from(["declare", "approve", "return", "hold", "release"]),
    st.sampled_from(["its practice", *COMMISSIONERS, *ELSEWHERE]),
    st.booleans(),
)
onwards = st.tuples(st.just("onwards"), st.sampled_from(["approver", "both"]), st.booleans())
events = st.sampled_from([("change",), ("mark",), ("settle",), ("settle",)])
moves = st.lists(st.one_of(commands, onwards, onwards, events), min_size=10, max_size=25)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves, st.booleans(), st.booleans(), st.booleans())
async def test_every_command_by_every_role_does_what_the_model_says(
    period: Period, moved: Any, no_declaration: bool, no_approval: bool, ended: bool
):
    walk = Walk(period, f"B{next(NUMBERS):05}", Model(no_declaration, no_approval))
    await walk.begin()
    for name, *given_ in moved:
        await walk.move(name, *given_)
    if ended:
        await walk.end()


@dataclass
class Walk:
    period: Period
    code: str
    model: Model
    due: bool = False
    changed: bool = False
    numerators: Any = field(default_factory=lambda: count(100))

    async def begin(self) -> None:
        async with self.period.db.transaction() as tx:
            await have_person(tx, self.practice, {self.code: [Role.DECLARATION_MANAGEMENT]})
            await tx.execute(
                "update quality_service set no_declaration_required = $1,"
                " no_approval_required = $2",
                self.model.no_declaration,
                self.model.no_approval,
            )
        await self.period.practices([self.code])
        await self.period.prevalence()
        await self.period.load(extract_rows(self.code, worked_values()))
        await self.period.settle()
        self.model.calculate(changed=True, provisional=True)
        await self.holds()

    @property
    def practice(self) -> str:
        return f"practice of {self.code}"

    async def move(self, name: str, *given_: Any) -> None:
        if name == "change":
            await self.change()
        elif name == "mark":
            await self.mark()
        elif name == "settle":
            await self.settle()
        elif name == "onwards":
            who, _ = given_
            step = "declare" if self.model.status.startswith("AWAITING_PROV") else "approve"
            last = "finance" if self.model.status == FINANCE else who
            await self.command(step, self.practice if step == "declare" else last, stale=False)
        else:
            who, stale = given_
            await self.command(name, self.practice if who == "its practice" else who, stale=stale)

    async def change(self) -> None:
        values = {"BP002": (next(self.numerators), 2500, None)}
        await self.period.load(extract_rows(self.code, values))
        if self.model.status not in OVER:
            self.due = self.changed = True

    async def mark(self) -> None:
        async with self.period.db.transaction() as tx:
            await tx.execute(
                "insert into due (declaration_id, reason)"
                " select id, 'a look' from declaration where provider = $1",
                self.code,
            )
        self.due = True

    async def settle(self) -> None:
        await self.period.settle()
        if self.due:
            self.model.calculate(changed=self.changed, provisional=True)
        self.due = self.changed = False
        await self.holds()

    async def end(self) -> None:
        ended = {"status": "CANCELLED", "ended_on": "2026-03-30", "version": 3}
        async with self.period.db.transaction() as tx:
            identity = await tx.fetchval("select id from offer where provider = $1", self.code)
            kept = offer(self.code, id=str(identity), **ended)
            await agreements.keep_offers(tx, [kept])
        await self.period.settle()
        self.model.close()
        await self.holds()
        await self.resume()

    async def resume(self) -> None:
        was_closed = bool(self.model.reopen())
        async with self.period.db.transaction() as tx:
            identity = await tx.fetchval("select id from offer where provider = $1", self.code)
            kept = offer(self.code, id=str(identity), version=4)
            await agreements.keep_offers(tx, [kept])
        await self.period.settle()
        if was_closed:
            self.model.calculate(changed=self.changed, provisional=True)
        await self.holds()

    async def command(self, name: str, who: str, *, stale: bool) -> None:
        row = await self.period.of(self.code)
        chosen = {"rows": [{"id": row["id"], "version": row["version"] - stale}]}
        before = await self.period.everything()
        expected = self.expected(name, who, stale=stale)
        answer = await self.asked(name, who, chosen)
        assert answer == expected
        assert (await self.period.everything() == before) == isinstance(expected, str)
        await self.holds()

    async def asked(self, name: str, who: str, chosen: Any) -> Answer:
        length = len(await self.actions())
        if name in {"declare", "approve"}:
            step = self.period.declare if name == "declare" else self.period.approve
            answer = await step(who, [], choose=chosen)
        else:
            answer = await act(self.period, who, name, choose=chosen)
        if "errors" in answer:
            return str(answer["errors"][0])
        if answer["refused"]:
            return str(answer["refused"][0]["code"])
        return (await self.actions())[length:]

    async def actions(self) -> list[str]:
        async with self.period.db.reader() as reader:
            rows = await reader.fetch(
                "select h.action from declaration_history h join declaration d"
                " on d.id = h.declaration_id where d.provider = $1 order by h.position",
                self.code,
            )
        return [row["action"] for row in rows]

    def expected(self, name: str, who: str, *, stale: bool) -> Answer:
        """What roles and scope refuse before the model is asked."""
        providers = who in {self.practice, "other practice"}
        commissioners: Sequence[str] = [*COMMISSIONERS, "other commissioner"]
        if not (providers if name == "declare" else who in commissioners):
            return "ROLE_REQUIRED"
        if who in {"other practice", "other commissioner"}:
            return "NOT_FOUND"
        if stale:
            return "STALE_VERSION"
        if name != "approve":
            return self.by_the_model(name, who)
        step = "finance-approve" if self.model.status == FINANCE else "approve"
        if step not in COMMISSIONERS[who]:
            return "ROLE_REQUIRED"
        return self.by_the_model(step, who)

    def by_the_model(self, name: str, who: str) -> Answer:
        if name == "return":
            return self.model.give_back()
        if name == "hold":
            return self.model.hold()
        if name == "release":
            return self.model.release(due=self.due)
        return self.model.step(name, who, due=self.due, demonstration=True)

    async def holds(self) -> None:
        (row,) = await self.period.declarations(provider=self.code, held=self.model.held)
        assert row["status"] == self.model.status
