"""Child processes that do not outlive their parent, however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dying_with_parent(on_death: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send a signal when the parent dies; None without Linux.

    The kernel watches the thread that forks, so start children from one that stays.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(on_death))
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


def stop(process: subprocess.Popen[bytes], by: signal.Signals, patience: float = 10.0) -> None:
    """End a child politely, then not."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGCONT)
    process.send_signal(by)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
