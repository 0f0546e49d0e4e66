"""`python -m gateway serve`: the gateway, until it is told to stop."""

import sys
from types import FrameType

import uvicorn
from pydantic import ValidationError

from chassis import log
from chassis.settings import settings_at_fault
from gateway.app import Application
from gateway.config import GatewaySettings

_USAGE = "usage: python -m gateway serve"


class _Server(uvicorn.Server):
    """Told to stop, it ends the open streams first: uvicorn waits for every answer to end."""

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self._application = application

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._application.stop_streams()
        super().handle_exit(sig, frame)


def main(arguments: list[str]) -> int:
    if arguments != ["serve"]:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    try:
        settings = GatewaySettings()
        log.configure("gateway", level=settings.log_level, form=settings.log_format)
        application = Application(settings)
    except ValidationError as error:
        sys.exit(f"gateway serve: {settings_at_fault(error)}")
    except OSError as error:
        sys.exit(f"gateway serve: {error}")
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=int(settings.stop_seconds) or 1,
    )
    _Server(config, application).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
