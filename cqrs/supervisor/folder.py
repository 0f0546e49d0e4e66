"""The one temporary directory of a run, and the sweeping of those left behind.

The owner holds a lock on the file `owner` for as long as it lives, whatever becomes of its process
number; a folder whose lock can be taken is nobody's.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PREFIX = "cqrs-run-"
"""Not all that begins with cqrs-: plays and storms of systems elsewhere have folders, too."""
_OWNER = "owner"
_YOUNG_SECONDS = 60.0
"""A folder without an owner file may still be in the making."""


class RunFolder:
    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls) -> "RunFolder":
        """A folder of our own; those below it may be entered by the user PostgreSQL runs as."""
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        path.chmod(0o711)
        unnamed = path / f"{_OWNER}.new"
        lock = os.open(unnamed, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(lock, str(os.getpid()).encode())
        unnamed.rename(path / _OWNER)  # locked before anyone can find it
        return cls(path, lock)

    def below(self, name: str) -> Path:
        """A folder inside, closed to others."""
        inside = self.path / name
        inside.mkdir(mode=0o700)
        return inside

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            os.close(self._lock)


def sweep() -> list[Path]:
    """Remove what dead runs of this user left; answers what was removed."""
    return [path for path in _ours() if _is_abandoned(path) and _removed(path)]


def living() -> list[Path]:
    """The folders whose owners live."""
    return [path for path in _ours() if (path / _OWNER).exists() and not _is_abandoned(path)]


def _ours() -> Iterator[Path]:
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = path.lstat()
            if path.is_dir() and not path.is_symlink() and status.st_uid == os.geteuid():
                yield path


def _is_abandoned(path: Path) -> bool:
    try:
        lock = os.open(path / _OWNER, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return _is_old(path)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _is_old(path: Path) -> bool:
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _YOUNG_SECONDS
    return False


def _removed(path: Path) -> bool:
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()
