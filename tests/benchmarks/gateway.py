"""The gateway beside a handler written by hand, for a query of two services and 50 rows.

    python -m tests.benchmarks.gateway [REQUESTS]

Both answer the same query over the same two stand-in services, each in a process of its own, in
turns. What counts is the processor time a request takes: its inverse is the requests a second
that one core can answer, whatever else the machine does meanwhile.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import orjson
import uvicorn

ROOT = Path(__file__).parents[2]
ROWS = 50
QUERY = "query Top($first: Int) { books(first: $first) { isbn title stars } }"
BODY = orjson.dumps({"query": QUERY, "variables": {"first": ROWS}})
BOOKS = [{"isbn": str(n), "title": f"Book {n}"} for n in range(ROWS)]
JSON = {"content-type": "application/json"}
ASK_BOOKS = "query Q_0($first: Int) { books(first: $first) { title isbn } }"
ASK_STARS = (
    "query Q_1($r0: [_Any!]!) { _e0: _entities(representations: $r0) { ... on Book { stars } } }"
)


async def handler(scope, receive, send):
    """The same by hand: two requests, one join."""
    if scope["type"] != "http":
        return await lifespan(scope, receive, send)
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message.get("more_body"):
            break
    asked = orjson.loads(body or b"{}")
    if "variables" not in asked:
        return await answer_with(send, b"{}")
    address = os.environ["SERVICES"]
    found = await ask(f"{address}/books/graphql", ASK_BOOKS, asked["variables"])
    books = found["data"]["books"]
    told = [{"__typename": "Book", "isbn": one["isbn"]} for one in books]
    stars = await ask(f"{address}/reviews/graphql", ASK_STARS, {"r0": told})
    rows = [
        {"isbn": one["isbn"], "title": one["title"], "stars": more["stars"]}
        for one, more in zip(books, stars["data"]["_e0"], strict=True)
    ]
    return await answer_with(send, orjson.dumps({"data": {"books": rows}}))


async def answer_with(send, answer):
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def lifespan(_scope, receive, send):
    while (message := await receive())["type"] != "lifespan.shutdown":
        if message["type"] == "lifespan.startup":
            handler.session = aiohttp.ClientSession()
            await send({"type": "lifespan.startup.complete"})
    await handler.session.close()
    await send({"type": "lifespan.shutdown.complete"})


async def ask(url, query, variables):
    body = orjson.dumps({"query": query, "variables": variables})
    async with handler.session.post(url, data=body, headers=JSON) as answer:
        return orjson.loads(await answer.read())


async def services(scope, receive, send):
    """Both stand-in services: what they answer is made beforehand."""
    if scope["type"] == "lifespan":
        return
    while (await receive()).get("more_body"):
        pass
    await answer_with(send, ANSWERS[scope["path"]])


ANSWERS = {
    "/books/graphql": orjson.dumps({"data": {"books": BOOKS, "books__5136b7cc": BOOKS}}),
    "/reviews/graphql": orjson.dumps({"data": {"_e0": [{"stars": n / 2} for n in range(ROWS)]}}),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(command, **environment):
    port = free_port()
    settings = {**os.environ, "CQRS_PORT": str(port), "PYTHONPATH": str(ROOT), **environment}
    return port, subprocess.Popen([sys.executable, *command], cwd=ROOT, env=settings)


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def answered(session, port, requests):
    """Ask that often, eight at a time."""
    url = f"http://127.0.0.1:{port}/graphql"

    async def some():
        for _ in range(requests // 8):
            async with session.post(url, data=BODY, headers=JSON) as answer:
                await answer.read()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(8)))
    return time.perf_counter() - began


async def measure(runners, requests):
    async with aiohttp.ClientSession() as session:
        expected = None
        for _, port, _ in runners:
            await ready(session, port)
            url = f"http://127.0.0.1:{port}/graphql"
            async with session.post(url, data=BODY, headers=JSON) as answer:
                found = orjson.loads(await answer.read())
            assert len(found["data"]["books"]) == ROWS, found
            assert expected in (None, found), "they must answer the same"
            expected = found
            await answered(session, port, 400)
        best = {name: (float("inf"), 0.0) for name, _, _ in runners}
        for _ in range(5):
            for name, port, process in runners:
                before = processor_seconds(process.pid)
                wall = await answered(session, port, requests)
                spent = (processor_seconds(process.pid) - before) / requests
                best[name] = min(best[name], (spent, requests / wall))
    return best


async def ready(session, port):
    for _ in range(400):
        try:
            async with session.get(f"http://127.0.0.1:{port}/health/live"):
                return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)


def main(requests):
    port, stand_ins = started([__file__, "services"])
    address = f"http://127.0.0.1:{port}"
    supergraph = ROOT / "tests/gateway/schemas/library.supergraph.graphql"
    gateway_port, gateway = started(
        ["-m", "gateway", "serve"],
        CQRS_SUPERGRAPH=str(supergraph),
        CQRS_LOG_LEVEL="warning",
        CQRS_SUBGRAPHS=f"books={address}/books,reviews={address}/reviews",
    )
    handler_port, by_hand = started([__file__, "handler"], SERVICES=address)
    try:
        runners = [("gateway", gateway_port, gateway), ("by hand", handler_port, by_hand)]
        for name, (spent, wall) in asyncio.run(measure(runners, requests)).items():
            print(  # noqa: T201 (figures are what this is for)
                f"{name}: {spent * 1000:.2f} ms of processor a request, so "
                f"{1 / spent:,.0f} a second on one core ({wall:,.0f} a second as measured)"
            )
    finally:
        for process in (gateway, by_hand, stand_ins):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in ("handler", "services"):
        application = handler if sys.argv[1] == "handler" else services
        uvicorn.run(
            application,
            port=int(os.environ["CQRS_PORT"]),
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_level="error",
            lifespan="on" if application is handler else "off",
        )
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 2_000)
