"""What is shown of organisations: one statement for all a request asks for, at each moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from chassis.db import Database
from chassis.graphql import Context
from nhs.directory import Principal
from services.organisations.directory import queries
from services.organisations.directory.queries import Entry, Row
from services.organisations.moment import Moment
from services.organisations.network import queries as network

Info: TypeAlias = strawberry.Info[Context[Principal], None]
T = TypeVar("T")
Loader: TypeAlias = DataLoader[str, T]


def today(info: Info) -> date:
    """The business day of the request."""
    return info.context.principal.today


@dataclass(frozen=True, slots=True)
class Shown:
    """The loaders of a moment, by ODS code."""

    info: Info
    moment: Moment

    @property
    def list_sizes(self) -> Loader[list[Row]]:
        return self._loader("list sizes", partial(queries.list_sizes, self._db))

    def list_sizes_on(self, day: date) -> Loader[Row | None]:
        async def load(codes: list[str], moment: Moment) -> list[Row | None]:
            return await queries.list_sizes_on(self._db, codes, day, moment)

        return self._loader(f"list sizes on {day}", load)

    @property
    def payees(self) -> Loader[list[Row]]:
        return self._loader("payees", partial(queries.payees, self._db, self._principal))

    @property
    def clinical_directors(self) -> Loader[list[Row]]:
        return self._loader("clinical directors", partial(queries.clinical_directors, self._db))

    @property
    def network_agreements(self) -> Loader[list[Row]]:
        return self._loader("network agreements", partial(queries.network_agreements, self._db))

    @property
    def history(self) -> Loader[list[Entry]]:
        return self._loader("history", partial(queries.history, self._db, self._principal))

    @property
    def relationships(self) -> Loader[list[Row]]:
        return self._loader("relationships", partial(network.relationships, self._db))

    @property
    def members(self) -> Loader[list[Row]]:
        return self._loader("members", partial(network.members, self._db))

    @property
    def heirs(self) -> Loader[list[Row]]:
        return self._loader("heirs", partial(network.heirs, self._db))

    def networks(self, day: date) -> Loader[list[Row]]:
        async def load(codes: list[str], moment: Moment) -> list[list[Row]]:
            return await network.networks(self._db, codes, day, moment)

        return self._loader(f"networks on {day}", load)

    def _loader(
        self, what: str, load: Callable[[list[str], Moment], Awaitable[list[T]]]
    ) -> Loader[T]:
        def make() -> Loader[T]:
            return DataLoader(lambda codes: load(codes, self.moment))

        return self.info.context.loader(f"{what} {self.moment}", make)

    @property
    def _db(self) -> Database:
        return self.info.context.db

    @property
    def _principal(self) -> Principal:
        return self.info.context.principal
