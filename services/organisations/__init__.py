"""Organisations, how they belong together, and the people who act for them."""

from pathlib import Path

from nhs.directory import FUNCTIONS

MIGRATIONS = (Path(__file__).parent / "migrations", FUNCTIONS)
"""The views of 0003 stand where other services have the tables of nhs/directory."""
