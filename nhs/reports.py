"""The reports an organisation may let others run over what it sees (DOMAIN 1.11, 10.3)."""

from enum import StrEnum


class Report(StrEnum):
    NETWORK_RELATIONSHIPS = "NETWORK_RELATIONSHIPS"  # organisations: who was in which network, when
    PARTICIPATION = "PARTICIPATION"  # participation: offered services, offers by service and status
    DECLARATION_STATUS = "DECLARATION_STATUS"  # declarations: the list, and its counts by status
    PAYMENTS = "PAYMENTS"  # declarations: the list, its total and sums
    ACHIEVEMENT = "ACHIEVEMENT"  # declarations: results by provider and by indicator

    @property
    def is_of_services(self) -> bool:
        """Whether it can be allocated for one service alone."""
        return self is not Report.NETWORK_RELATIONSHIPS
