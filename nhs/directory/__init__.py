"""The read model of organisations and people that each service keeps, and who sees what.

A service lists `*MIGRATIONS` between the chassis's migrations and its own, feeds the tables with
`projections`, asks `load_principal` who calls, and joins `directory.scope` in every statement.
Organisations, which owns these facts, lists `FUNCTIONS` alone, over views of the same names.
"""

from pathlib import Path

from nhs.directory.principal import Acting, Principal, load_principal

TABLES = Path(__file__).parent / "migrations"
FUNCTIONS = Path(__file__).parent / "functions"
MIGRATIONS = (TABLES, FUNCTIONS)

__all__ = [
    "FUNCTIONS",
    "MIGRATIONS",
    "TABLES",
    "Acting",
    "Principal",
    "load_principal",
]
