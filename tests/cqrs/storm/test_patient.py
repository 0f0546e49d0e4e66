"""People who wait until a storm is over."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from cqrs.embedded.ports import free_port
from cqrs.play.gateway import DeliveryError
from cqrs.storm.patient import PatientGateway


async def answering(put: Handler) -> web.AppRunner:
    """A gateway that is nowhere yet."""
    application = web.Application()
    application.router.add_put("/files/1", put)
    runner = web.AppRunner(application)
    await runner.setup()
    return runner


async def test_a_file_is_put_again_until_the_gateway_is_back(tmp_path):
    file = tmp_path / "extract.csv"
    file.write_text("A81001")
    port, taken = free_port(), []

    async def take(request: web.Request) -> web.Response:
        taken.append(await request.text())
        return web.Response()

    runner = await answering(take)
    async with aiohttp.ClientSession() as session:
        gateway = PatientGateway(f"http://127.0.0.1:{port}", "nowhere", session, "none")
        putting = asyncio.create_task(
            gateway.person("anna", "A81001").put("/files/1", file, lambda _: None)
        )
        await asyncio.wait([putting], timeout=1)
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            await asyncio.wait_for(putting, 10)
        finally:
            await runner.cleanup()
    assert taken == ["A81001"]
    assert gateway.asked_again


async def test_a_file_that_was_taken_though_the_answer_was_lost_is_there(tmp_path):
    file = tmp_path / "extract.csv"
    file.write_text("A81001")
    taken = []

    async def take_once(request: web.Request) -> web.Response:
        taken.append(await request.text())
        if len(taken) == 1:
            assert request.transport
            request.transport.abort()
        refused = {"message": "another path", "extensions": {"code": "ALREADY_UPLOADED"}}
        return web.json_response({"errors": [refused]}, status=409)

    runner = await answering(take_once)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            gateway = PatientGateway(f"http://127.0.0.1:{port}", "nowhere", session, "none")
            await gateway.person("anna", "A81001").put("/files/1", file, lambda _: None)
    finally:
        await runner.cleanup()
    assert taken == ["A81001"] * 2


async def test_a_file_that_is_refused_is_not_put_again(tmp_path):
    file = tmp_path / "extract.csv"
    file.write_text("A81001")

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"error": {"code": "FILE_TOO_LARGE"}}, status=413)

    runner = await answering(refuse)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            gateway = PatientGateway(f"http://127.0.0.1:{port}", "nowhere", session, "none")
            with pytest.raises(DeliveryError, match="was not taken"):
                await gateway.person("anna", "A81001").put("/files/1", file, lambda _: None)
    finally:
        await runner.cleanup()
    assert not gateway.asked_again
