"""Random numbers that are the same in every run."""

from random import Random


def stream(seed: int, *purpose: object) -> Random:
    """A stream of its own for each purpose, so that one more draw here moves nothing there."""
    return Random(":".join(map(str, (seed, *purpose))))  # noqa: S311 - data for a demonstration
