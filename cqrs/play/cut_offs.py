"""By when a period is declared, approved and paid, and what is still open before then."""

from cqrs.play.asking import PlayError, a_key
from cqrs.play.gateway import Person, document

_SOURCE = "made up for the demonstration: QOF is paid by the end of June (DOMAIN.md 1.8)"
_DAYS = {"declareBy": "2026-04-24", "approveBy": "2026-06-12", "payOn": "2026-06-30"}


async def load(data_load: Person, line: str) -> None:
    """The national cut-off of a line of services."""
    cut_off = {"service": line, **_DAYS}
    await data_load.ask(document("load_cut_offs"), source=_SOURCE, cutOffs=[cut_off], key=a_key())


async def still_open(someone: Person, line: str) -> int:
    """How many declarations of the line the person sees open before its next cut-off."""
    told = await someone.ask(document("cut_offs"), service=line)
    if not told["cutOffs"]["edges"]:
        raise PlayError(f"{someone.subject} sees no cut-off of {line}")
    (edge,) = told["cutOffs"]["edges"]
    return sum(int(one["count"]) for one in edge["node"]["stillOpen"])
