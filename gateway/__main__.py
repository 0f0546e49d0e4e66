"""`python -m gateway serve`: the gateway, until it is told to stop."""

import sys

import uvicorn

from chassis import log
from gateway.app import Application
from gateway.config import GatewaySettings

_USAGE = "usage: python -m gateway serve"


def main(arguments: list[str]) -> int:
    if arguments != ["serve"]:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    settings = GatewaySettings()
    log.configure("gateway", level=settings.log_level, form=settings.log_format)
    uvicorn.run(
        Application(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=int(settings.stop_seconds) or 1,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
