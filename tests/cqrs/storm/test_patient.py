"""People who wait until a storm is over."""

import asyncio

import aiohttp
from aiohttp import web

from cqrs.embedded.ports import free_port
from cqrs.storm.patient import PatientGateway


async def test_a_file_is_put_again_until_the_gateway_is_back(tmp_path):
    file = tmp_path / "extract.csv"
    file.write_text("A81001")
    port, taken = free_port(), []

    async def take(request: web.Request) -> web.Response:
        taken.append(await request.text())
        return web.Response()

    application = web.Application()
    application.router.add_put("/files/1", take)
    runner = web.AppRunner(application)
    await runner.setup()
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
