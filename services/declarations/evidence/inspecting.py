"""A file is read in a process of its own, which may not take long nor much memory."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

import structlog

from services.declarations.evidence.domain import Finding

SECONDS: Final = 20
"""Until an answer is there, whatever else the machine does."""
AT_ONCE: Final = 2
"""Files a process has read at a time."""

_ENVIRONMENT: Final = {
    "PYTHONPATH": str(Path(__file__).parents[3]),
    "PYTHONPYCACHEPREFIX": sys.pycache_prefix or "",
    "PYTHONDONTWRITEBYTECODE": "1" if sys.dont_write_bytecode else "",
}
"""Nothing else of ours: whatever a file makes its reader do, it knows no password and no key."""

log = structlog.get_logger()
_turns = asyncio.Semaphore(AT_ONCE)


async def inspect(ending: str, path: Path) -> Finding:
    """What reading it has shown. An upload that names a patient is not kept for another minute."""
    async with _turns:
        answer = await _read(ending, path)
    if answer is None:
        return Finding(fault="It takes too long or too much memory to read: attach a smaller one.")
    finding = Finding(**json.loads(answer))
    if finding.places:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    return finding


async def _read(ending: str, path: Path) -> bytes | None:
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.declarations.evidence.reading",
        ending,
        str(path),
        env=_ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            answer, told = await reader.communicate()
    except TimeoutError:
        log.warning("evidence.not_read", ending=ending, reason="it takes too long")
        return None
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    if reader.returncode:
        # Of what it told only the last line, which names the error: a text of the file is not ours.
        reason = told.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
        log.warning("evidence.not_read", ending=ending, code=reader.returncode, reason=reason)
        return None
    return answer
