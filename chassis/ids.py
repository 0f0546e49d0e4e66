"""Identifiers, made by the application."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A UUIDv7: rising with time, so that indexes grow at their end."""
    return compat.uuid7()
