import asyncio
import dataclasses

import pytest

from gateway.answer import Asked, caller
from gateway.app import make_gateway
from gateway.config import GatewaySettings
from gateway.errors import RequestError
from gateway.limits import Limits
from tests.gateway import library


@dataclasses.dataclass
class Ask:
    """Asks a gateway over services in process."""

    gateway: object
    services: dict

    async def __call__(self, query, variables=None, *, name=None, headers=None, seconds=5.0):
        asked = Asked(query, name, variables or {})
        try:
            operation = await self.gateway.operation(asked)
            by = caller("request-1", headers or {}, seconds)
            return await self.gateway.answer(operation, asked.variables, by)
        except RequestError as error:
            return {"errors": [error.body()]}

    def sent(self):
        """How many requests each service was sent, and forget them."""
        counts = {name: len(one.asked) for name, one in self.services.items() if one.asked}
        for one in self.services.values():
            one.asked.clear()
        return counts


def asking(graph, transport, settings=None) -> Ask:
    gateway = make_gateway(graph, settings or GatewaySettings(), transport, Limits())
    return Ask(gateway, transport.services)


@pytest.fixture
async def ask():
    made = asking(library.supergraph(), library.in_process())
    yield made
    made.gateway.operations.close()
    await asyncio.sleep(0)
