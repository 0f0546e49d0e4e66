"""Who belongs to networks at an achievement date, and takes part: for statements to stand on."""

from collections.abc import Sequence

from services.declarations.networks.periods import Period

# Whoever takes part in the service: a network's members by their own sign-up to it, practices that
# declare for themselves by their own offer.
MEMBER = """
with member as (
    select n.network, m.practice, m.valid_from, m.valid_to,
        m.participating and ($4::text = 'PCN' or exists (
            select from offer o
            where o.provider = m.practice and o.service_code = $3
            and o.starts_on <= $5 and o.participates_until >= $5)) as participating
    from unnest($1::text[]) as n (network)
    cross join lateral network_member(n.network, $2, $5::date) m
)
"""


def member_arguments(networks: Sequence[str], period: Period) -> tuple[object, ...]:
    """Parameters $1 to $5."""
    kind, day = period.provider_kind, period.achieved_on
    return networks, period.quality_service, period.service, kind, day
