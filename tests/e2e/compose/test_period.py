"""The payment period of `make run`, through the published gateway, with tokens from Keycloak."""

from pathlib import Path

import pytest

from tests.e2e.compose.conftest import Played

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("stack"),
]

README = Path(__file__).parents[3] / "README.md"


def test_it_pays_what_the_embedded_system_pays_and_the_subscriber_outside_has_it_all(
    played: Played,
) -> None:
    books = played.period.books
    assert books is not None
    paid = f"£{books.pounds:,} authorised in {books.entries:,} payments"
    assert paid in README.read_text()
