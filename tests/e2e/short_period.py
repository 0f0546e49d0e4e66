"""A period of a handful of practices, so that every service has something to answer."""

from dataclasses import dataclass
from pathlib import Path

import aiohttp

from cqrs.england.england import SEED
from cqrs.england.people import people as everybody
from cqrs.play import achievement, catalogue, declarations, offers, organisations, people
from cqrs.play.cast import APPROVAL, Cast
from cqrs.play.clock import DemonstrationClock
from cqrs.play.gateway import Gateway
from cqrs.play.offers import Terms
from cqrs.play.scene import Scene
from cqrs.supervisor.first_people import ADMINISTRATOR, DATA_LOAD, DRAFTING, PUBLISHING
from cqrs.supervisor.running import Running

_PRACTICES = 5
_STARTS, _ENDS, _RESPOND_BY = "2025-04-01", "2026-03-31", "2025-03-31"


@dataclass(frozen=True)
class Played:
    icb: str
    practices: list[str]
    quality_service: str


async def play_short_period(running: Running, folder: Path) -> Played:
    """Offers to five practices, four of them accepted, declared and approved, two of them paid."""
    clock, scene = (
        DemonstrationClock(running.clock),
        Scene.generated(folder, england=False, icb=None, seed=SEED),
    )
    async with aiohttp.ClientSession() as session:
        cast = Cast(Gateway(running.gateway, running.issuer, session))
        played = await _prepare(cast, clock, scene)
        await _offer(cast, clock, played)
        await _pay(cast, clock, scene, played)
    return played


async def _prepare(cast: Cast, clock: DemonstrationClock, scene: Scene) -> Played:
    clock.set("2025-03-12")
    data_load, icb = cast.first(DATA_LOAD.subject), scene.roster.icbs[0]
    await organisations.load(data_load, scene.ods_files, _quietly)
    found = await organisations.practices(data_load, icb, _STARTS)
    practices = [code for code in found if code in scene.roster.lists][:_PRACTICES]
    joining = [
        one for one in everybody(scene.roster) if one.links[0].organisation in {icb, *practices}
    ]
    await people.add(cast.first(ADMINISTRATOR.subject), joining, _quietly)
    drafting, publishing = (cast.first(one.subject) for one in (DRAFTING, PUBLISHING))
    return Played(icb, practices, await catalogue.publish(drafting, publishing, "QOF2526"))


async def _offer(cast: Cast, clock: DemonstrationClock, played: Played) -> None:
    clock.set("2025-03-13")
    terms = Terms(played.quality_service, _STARTS, _ENDS, _RESPOND_BY)
    await offers.make(cast, played.icb, played.practices, terms)
    await offers.accept(cast, played.practices[1:])


async def _pay(cast: Cast, clock: DemonstrationClock, scene: Scene, played: Played) -> None:
    clock.set("2026-04-01")
    data_load, accepted = cast.first(DATA_LOAD.subject), played.practices[1:]
    service = await catalogue.specification(data_load, played.quality_service)
    prevalences = scene.prevalences(service)
    await achievement.load_prevalence(data_load, played.quality_service, scene.source, prevalences)
    await achievement.load(data_load, scene.extract(service, accepted), _quietly)
    approver = cast(APPROVAL, played.icb)
    await declarations.calculated(approver, len(accepted), _quietly)
    clock.set("2026-04-10")
    await declarations.declare(cast, accepted[1:], _quietly)
    await declarations.approve(cast, {played.icb: len(accepted) - 1})
    await declarations.approve_for_finance(cast, {played.icb: len(accepted) - 1})


def _quietly(_doing: str) -> None:
    """Nobody watches."""
