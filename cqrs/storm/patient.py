"""People who ask again, with the same key, until they have an answer: nobody sees a storm."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import aiohttp

from cqrs.play.gateway import DeliveryError, Gateway, Person, Refused

_UNREACHABLE = "UNREACHABLE"
_THEIR_FAULT = 500
_STORMY = frozenset({_UNREACHABLE, "SERVICE_UNAVAILABLE", "DEADLINE_EXCEEDED", "TRY_AGAIN"})
"""What a person is told while something is away."""
_OF_ONE = frozenset({"publishQualityService", "loadAchievement"})
"""Commands whose answer is the one thing they are about."""


@dataclass
class PatientGateway(Gateway):
    acknowledged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By command, the ids it was answered with as done."""
    asked_again: int = 0
    longest: float = 0.0
    """Seconds that somebody waited for an answer, at most."""

    def person(self, subject: str, organisation: str) -> Person:
        return PatientPerson(self, subject, organisation)


class PatientPerson(Person):
    passing: ClassVar[frozenset[str]] = Person.passing | _STORMY
    patience: ClassVar[float] = 300.0
    gateway: PatientGateway

    async def ask(self, document: str, **variables: object) -> Mapping[str, Any]:
        began = time.monotonic()
        try:
            return await super().ask(document, **variables)
        finally:
            self.gateway.longest = max(self.gateway.longest, time.monotonic() - began)

    async def ask_once(self, document: str, variables: Mapping[str, object]) -> Mapping[str, Any]:
        try:
            data = await super().ask_once(document, variables)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            if isinstance(error, aiohttp.ClientResponseError) and error.status < _THEIR_FAULT:
                raise
            self.gateway.asked_again += 1
            told = {"message": repr(error), "extensions": {"code": _UNREACHABLE}}
            raise Refused(self.subject, [told]) from error
        except Refused as refused:
            self.gateway.asked_again += refused.code in _STORMY
            raise
        if "dryRun" not in variables or not variables["dryRun"]:
            self._note(data)
        return data

    async def put(self, path: str, file: Path, sent: Callable[[int], None]) -> None:
        until = time.monotonic() + self.patience
        while True:
            try:
                return await super().put(path, file, sent)
            except (aiohttp.ClientError, TimeoutError, DeliveryError) as error:
                if getattr(error, "code", "") == "ALREADY_UPLOADED":
                    return None  # by nobody else, for the path is ours: an answer got lost
                if isinstance(error, DeliveryError) and error.status < _THEIR_FAULT:
                    raise
                if time.monotonic() > until:
                    raise DeliveryError(f"{file.name} was never taken") from error
            self.gateway.asked_again += 1
            await asyncio.sleep(0.25)

    def _note(self, data: Mapping[str, Any]) -> None:
        for command, answer in data.items():
            if not isinstance(answer, Mapping):
                continue
            if "done" in answer and "refused" in answer:
                self.gateway.acknowledged[command] += [str(one) for one in answer["done"]]
            elif command in _OF_ONE:
                self.gateway.acknowledged[command].append(str(answer["id"]))
