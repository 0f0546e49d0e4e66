"""What a test may ask about a process that is not its child."""

from pathlib import Path


def assert_gone(pid: int) -> None:
    """The process has ended; nobody may have asked a zombie how."""
    status = Path(f"/proc/{pid}/stat")
    try:
        state = status.read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return
    assert state == "Z", f"process {pid} still runs"
