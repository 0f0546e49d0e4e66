"""Blockers in GraphQL: one screen of what cannot go on, why, and whom to chase."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from chassis.graphql import (
    Connection,
    Context,
    OdsCode,
    connection,
    window,
)
from nhs.directory import Principal
from services.declarations.approval.history_schema import batched
from services.declarations.approval.schema import Declaration, Organisation, declaration_of
from services.declarations.networks.blockers import queries, store
from services.declarations.networks.blockers.queries import Blocked
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="Somebody who acts for organisations. Seen by those who see these.",
)
class Person:
    id: strawberry.ID = strawberry.field(description="The person's id.")


@strawberry.input(description="Which blockers.")
class DeclarationBlockerFilter:
    service: str | None = strawberry.field(default=None, description="Of this line: NCD2425.")
    network: OdsCode | None = strawberry.field(
        default=None, description="Of this PCN, and of its members on the achievement date."
    )
    practice: OdsCode | None = strawberry.field(
        default=None, description="Where this practice's data is what is missing."
    )
    indicator: str | None = strawberry.field(
        default=None, description="Where this indicator lacks something: HI03."
    )
    code: str | None = strawberry.field(default=None, description="Of this kind: VALUES_MISSING.")

    def wanted(self) -> store.BlockerFilter:
        return store.BlockerFilter(
            service=self.service,
            network=self.network,
            practice=self.practice,
            indicator=self.indicator,
            code=self.code,
        )


@strawberry.type(description="Whose turn it is.")
class DeclarationBlockerTurn:
    organisation: Organisation | None = strawberry.field(description="Where they are.")
    roles: list[str] = strawberry.field(description="Who holds any of these: ACHIEVEMENT_ENTRY.")
    payment_type: strawberry.Private[str]

    @strawberry.field(
        description="The people who hold the role for the payment type; names for who may see them."
    )
    async def people(self, info: Info) -> list[Person | None]:
        if self.organisation is None:
            return []
        posts = [(self.organisation.ods_code, role, self.payment_type) for role in self.roles]
        nobody: list[UUID] = []
        loader = batched(info, "holders of roles", store.holders, nobody)
        found = {person for held in await loader.load_many(posts) for person in held}
        return [Person(id=strawberry.ID(str(person))) for person in sorted(found)]


@strawberry.type(description="One reason why an open declaration cannot go on.")
class BlockedDeclaration:
    code: str = strawberry.field(
        description="VALUES_MISSING and the other codes of Declaration.blockers; HELD; "
        "RECALCULATION_PENDING, which passes by itself; or CALCULATION_FAILED, by a fault of the "
        "service, which is tried again each hour."
    )
    message: str = strawberry.field(description="What is missing, or why it is held, in words.")
    indicator: str | None = strawberry.field(
        description="The indicator that lacks a value, or that is declared; null where it is all."
    )
    indicator_name: str | None = strawberry.field(description="What it measures.")
    practice: Organisation | None = strawberry.field(
        description="The practice whose data is missing, or whose declaration it is; null where it "
        "is all of a network's."
    )
    provider: Organisation | None = strawberry.field(description="Who declares.")
    commissioner: Organisation | None = strawberry.field(description="Who approves.")
    service_code: str = strawberry.field(description="The line of the service: NCD2425.")
    achievement_date: date = strawberry.field(description="The day achievement is measured.")
    since: datetime | None = strawberry.field(description="Since when it cannot go on.")
    cut_off: date | None = strawberry.field(
        description="The next day by which it must be approved to be paid in the run after it."
    )
    days_left: int | None = strawberry.field(description="Days from today to the cut-off.")
    chase: DeclarationBlockerTurn | None = strawberry.field(
        description="Whom to chase; null where nobody has to do anything."
    )
    identity: strawberry.Private[UUID]

    @strawberry.field(description="The declaration.")
    async def declaration(self, info: Info) -> Declaration | None:
        return await declaration_of(info, self.identity)

    @classmethod
    def of(cls, blocked: Blocked) -> BlockedDeclaration:
        row = blocked.row
        return cls(
            code=row["code"],
            message=row["message"],
            indicator=row["indicator"],
            indicator_name=blocked.indicator_name,
            practice=_organisation(row["practice"]),
            provider=_organisation(row["provider"]),
            commissioner=_organisation(row["commissioner"]),
            service_code=row["service_code"],
            achievement_date=row["achievement_date"],
            since=row["since"],
            cut_off=blocked.cut_off,
            days_left=blocked.days_left,
            chase=_turn(blocked),
            identity=row["id"],
        )


def _organisation(code: str | None) -> Organisation | None:
    return Organisation(ods_code=OdsCode(code)) if code else None


def _turn(blocked: Blocked) -> DeclarationBlockerTurn | None:
    if blocked.turn is None:
        return None
    return DeclarationBlockerTurn(
        organisation=_organisation(blocked.chased),
        roles=[role.value for role in blocked.turn.roles],
        payment_type=blocked.row["payment_type"],
    )


@strawberry.type(description="How many blockers of one kind, or of one practice.")
class DeclarationBlockerCount:
    name: str = strawberry.field(description="The code, or the practice's ODS code.")
    count: int = strawberry.field(description="How many blockers.")
    declarations: int = strawberry.field(description="How many declarations they block.")


@strawberry.type(description="The blockers the caller may see, counted.")
class DeclarationBlockerCounts:
    by_code: list[DeclarationBlockerCount] = strawberry.field(description="By code, most first.")
    by_practice: list[DeclarationBlockerCount] = strawberry.field(
        description="By the practice whose data is missing, most first."
    )


@strawberry.type
class BlockersQuery:
    @strawberry.field(
        description="What open declarations wait for, of practices and networks alike: which "
        "practice, which indicator, what is missing or has not been heard yet, since when, and "
        "whom to chase. The oldest achievement date first, then by provider."
    )
    async def declaration_blockers(
        self,
        info: Info,
        filter: DeclarationBlockerFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[BlockedDeclaration] | None:
        context, page = info.context, window(first, after, *store.KEY)
        sight = Sight.of(context.principal)
        wanted = (filter or DeclarationBlockerFilter()).wanted()

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await queries.blocked(
                reader, sight, wanted, page.after, page.limit, now=context.now
            )
        return connection(
            rows,
            page,
            node=BlockedDeclaration.of,
            key=lambda one: [one.row[name] for name in store.KEY_COLUMNS],
            total=total,
        )

    @strawberry.field(
        description="The same, counted by code and, for the practices with most, by practice."
    )
    async def declaration_blocker_counts(
        self,
        info: Info,
        filter: DeclarationBlockerFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
    ) -> DeclarationBlockerCounts | None:
        context, most = info.context, window(first, None).first
        sight = Sight.of(context.principal)
        wanted = (filter or DeclarationBlockerFilter()).wanted()
        async with context.db.reader() as reader:
            rows = await store.counts(reader, sight, wanted, most)
        return DeclarationBlockerCounts(
            **{
                f"by_{of}": [
                    DeclarationBlockerCount(
                        name=row["name"], count=row["count"], declarations=row["declarations"]
                    )
                    for row in rows
                    if row["of"] == of
                ]
                for of in ("code", "practice")
            }
        )
