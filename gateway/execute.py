"""Carrying out a plan for one client request.

Each request to a service starts when those it waits for have been answered. A service that is
down or slow costs the fields it was to give, and those that needed them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from gateway import errors, metrics
from gateway.compile import EXPECTED
from gateway.complete import Completion
from gateway.errors import Failure
from gateway.fetches import Fetch, Request
from gateway.headers import DEADLINE
from gateway.join import Asked, Object, fail, gather, merge, place
from gateway.plan import Plan, Stage, entity_alias, sent_variables
from gateway.transport import Reply, TooLateError, Transport, UnavailableError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caller:
    """What of the client's request goes on to the services."""

    request_id: str
    headers: Mapping[str, str]
    deadline: float
    """The loop's time by which the client wants its answer."""


@dataclass(frozen=True)
class Services:
    """Where the services are and how long one may take."""

    transport: Transport
    urls: Mapping[str, str]
    """By the supergraph's name of the service."""
    query_seconds: float
    """No query to a service takes longer, so that time is left for the rest."""


@dataclass
class Execution:
    """One client request on its way through a plan."""

    services: Services
    plan: Plan
    caller: Caller
    variables: Mapping[str, Any]
    errors: list[dict[str, Any]] = field(default_factory=list)
    failed: bool = False
    """Whether a Failure stands anywhere in the data."""
    _sent: dict[tuple[str, bytes], asyncio.Task[Reply]] = field(default_factory=dict)

    async def run(self) -> dict[str, Any] | None:
        """Answer the data; what went wrong is in `errors`."""
        answer: dict[str, Any] = {}
        for stage in self.plan.stages:
            part = self._completed(stage, await self._stage(stage))
            if part is None:
                return None
            answer |= part
        return answer

    async def event(self, said: bytes) -> dict[str, Any] | None:
        """Answer the data of one event of a subscription, begun by what a service said."""
        stage, data = self.plan.stages[0], dict[str, Any]()
        first, *others = stage.requests
        self._take_root(first.fetches[0], self._read(first, said, 200), data)
        await self._side_by_side(others, data, already=1)
        return self._completed(stage, data)

    def _completed(self, stage: Stage, data: Object) -> Object | None:
        if not self.failed:
            with suppress(*EXPECTED):
                return stage.project(data)
        completion = Completion()
        part = completion.root(data, stage.projection)
        self.errors += completion.errors
        return part

    async def _stage(self, stage: Stage) -> Object:
        data: Object = {}
        if len(stage.requests) == 1:
            await self._request(stage.requests[0], data)
        else:
            await self._side_by_side(stage.requests, data)
        return data

    async def _side_by_side(
        self, requests: Sequence[Request], data: Object, *, already: int = 0
    ) -> None:
        """Carry them out, each after those it waits for; the `already` first have been."""
        running: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as group:
            for request in requests:
                before = [running[one - already] for one in request.after if one >= already]
                running.append(group.create_task(self._after(before, request, data)))

    async def _after(
        self, before: list[asyncio.Task[None]], request: Request, data: Object
    ) -> None:
        for task in before:
            await task
        await self._request(request, data)

    async def _request(self, request: Request, data: Object) -> None:
        asked = [(one, gather(data, one)) for one in request.fetches if not one.root]
        if asked and not any(one.representations for _, one in asked):
            return
        variables = sent_variables(request, self.variables)
        for number, (_, one) in enumerate(asked):
            variables[f"r{number}"] = one.representations
        answer = await self._answered(request, variables)
        if not asked:
            self._take_root(request.fetches[0], answer, data)
        for number, (fetch, one) in enumerate(asked):
            self._take_entities(fetch, one, answer, entity_alias(number))

    async def _answered(self, request: Request, variables: Object) -> Object | Failure:
        """The data of a service, failures in their places; a Failure if there is none at all."""
        body = orjson.dumps({"query": request.document, "variables": variables})
        try:
            reply = await self._send(request, body)
        except TooLateError:
            return self._lost(request, errors.too_late(self.caller.request_id), "too late")
        except UnavailableError as error:
            return self._lost(request, errors.unavailable(self.caller.request_id), repr(error))
        return self._read(request, reply.body, reply.status)

    def _read(self, request: Request, body: bytes, status: int) -> Object | Failure:
        try:
            answer = orjson.loads(body)
            data, told = answer.get("data"), answer.get("errors") or ()
        except (orjson.JSONDecodeError, AttributeError) as error:
            return self._lost(request, errors.unavailable(self.caller.request_id), repr(error))
        return self._heard(request, data, told, status)

    def _lost(self, request: Request, failure: Failure, reason: str) -> Failure:
        self.failed = True
        metrics.lost.labels(request.graph, failure.extensions["code"]).inc()
        log.warning("service.lost", service=request.graph, reason=reason)
        return failure

    def _heard(
        self, request: Request, data: Any, told: Sequence[Any], status: int
    ) -> Object | Failure:
        self.failed |= bool(told)
        failures = [(one, errors.heard(one, self.caller.request_id)) for one in told]
        if not isinstance(data, dict):
            placed = [failure for _, failure in failures]
            unknown = errors.unavailable(self.caller.request_id)
            return placed[0] if placed else self._lost(request, unknown, f"status {status}")
        for one, failure in failures:
            if not place(data, one.get("path") or (), failure):
                self.errors.append(failure.told())
        return data

    async def _send(self, request: Request, body: bytes) -> Reply:
        """Send, or share the answer to the same question of this same client request."""
        if self.plan.kind != "query":
            return await self._post(request, body, once=request.document.startswith("mutation"))
        same = (request.graph, body)
        if same not in self._sent:
            self._sent[same] = asyncio.ensure_future(self._post(request, body, once=False))
        return await self._sent[same]

    async def _post(self, request: Request, body: bytes, *, once: bool) -> Reply:
        seconds = self.caller.deadline - asyncio.get_running_loop().time()
        if not once:
            seconds = min(seconds, self.services.query_seconds)
        if seconds <= 0:
            raise TooLateError
        headers = {
            **self.caller.headers,
            "content-type": "application/json",
            DEADLINE: str(int(seconds * 1000)),
        }
        url = self.services.urls[request.graph]
        with metrics.asked.labels(request.graph).time():
            return await self.services.transport.send(
                url, body, headers, seconds=seconds, once=once
            )

    def _take_root(self, fetch: Fetch, answer: Object | Failure, data: Object) -> None:
        if isinstance(answer, Failure):
            fail(data, fetch.tree, answer)
        else:
            merge(data, answer)

    def _take_entities(
        self, fetch: Fetch, asked: Asked, answer: Object | Failure, alias: str
    ) -> None:
        found = answer if isinstance(answer, Failure) else answer.get(alias)
        if not isinstance(found, Failure) and (
            not isinstance(found, list) or len(found) != len(asked.targets)
        ):
            found = errors.unavailable(self.caller.request_id)
            self.failed = True
        for number, targets in enumerate(asked.targets):
            one = found if isinstance(found, Failure) else found[number]
            for target in targets:
                if isinstance(one, Failure):
                    fail(target, fetch.tree, one)
                elif one is not None:
                    merge(target, one)
