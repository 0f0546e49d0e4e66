"""Child processes that do not outlive their parent, however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dying_with_parent(on_death: signal.Signals = signal.SIGKILL) -> Callable[[], None] | None:
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


def ask_to_stop(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    """Send the signal, also to a child that was stopped in its tracks."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(by)


def see_it_end(process: subprocess.Popen[bytes], patience: float = 10.0) -> None:
    """Wait for a child's end, and then insist."""
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop(process: subprocess.Popen[bytes], by: signal.Signals, patience: float = 10.0) -> None:
    """End a child politely, then not."""
    ask_to_stop(process, by)
    see_it_end(process, patience)
