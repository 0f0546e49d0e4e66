import asyncio
import gc

import pytest

from chassis.process import PartDiedError, seldom_collect, together


async def until_told(stop: asyncio.Event) -> None:
    await stop.wait()


async def test_all_parts_end_when_told_to() -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(together({"a": until_told, "b": until_told}, stop, grace=1))
    await asyncio.sleep(0)
    stop.set()
    await running


async def test_a_part_that_dies_stops_the_others_and_is_named() -> None:
    ended = []

    async def other(stop: asyncio.Event) -> None:
        await stop.wait()
        ended.append("other")

    async def dying(_: asyncio.Event) -> None:
        raise ValueError("out of paper")

    with pytest.raises(PartDiedError, match="the printer died: ValueError: out of paper"):
        await together({"other": other, "printer": dying}, asyncio.Event(), grace=1)
    assert ended == ["other"]


async def test_a_part_that_ends_by_itself_has_died_too() -> None:
    async def over(_: asyncio.Event) -> None:
        return

    with pytest.raises(PartDiedError, match="the relay died: it ended by itself"):
        await together({"relay": over, "a": until_told}, asyncio.Event(), grace=1)


async def test_a_part_that_does_not_stop_is_cancelled_after_its_grace() -> None:
    cancelled = asyncio.Event()

    async def deaf(_: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    stop = asyncio.Event()
    stop.set()
    await together({"deaf": deaf}, stop, grace=0.01)
    assert cancelled.is_set()


async def test_a_part_that_ends_badly_once_told_to_stop_does_not_hide_the_end() -> None:
    async def clumsy(stop: asyncio.Event) -> None:
        await stop.wait()
        raise ValueError("at the very end")

    stop = asyncio.Event()
    stop.set()
    await together({"clumsy": clumsy}, stop, grace=1)


def test_what_is_there_at_the_beginning_is_never_looked_through_for_garbage() -> None:
    before = gc.get_threshold()
    try:
        seldom_collect()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold() > before
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
