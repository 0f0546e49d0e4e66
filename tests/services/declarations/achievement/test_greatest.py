"""A count that cannot be is refused where it comes in: added up, it would stop who adds."""

from tests.services.declarations.network import Network

GREATEST = 9_999_999


async def test_the_greatest_values_of_members_are_added_up(network: Network) -> None:
    await network.figures()
    await network.achieved(A81001={"HI03": (GREATEST, GREATEST)}, A81002={"HI03": (0, GREATEST)})
    found = await network.declaration()
    assert found["status"] == "AWAITING_PROVIDER_APPROVAL"
    (line,) = found["lines"]
    assert (line["numerator"], line["denominator"]) == (GREATEST, 2 * GREATEST)


async def test_a_greater_one_is_refused_and_the_rest_is_loaded(network: Network) -> None:
    await network.figures()
    await network.achieved(
        A81001={"HI03": (100, GREATEST + 1)}, A81002={"HI03": (2_147_483_647, 170)}
    )
    assert {code for code, _, _ in await network.problems()} == {"VALUE_TOO_LARGE"}
    assert (await network.declaration())["missing"] == ["HI03 of A81001", "HI03 of A81002"]
