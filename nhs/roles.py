"""The roles a person may hold, and at which kinds of organisation (DOMAIN 10.3)."""

from collections.abc import Mapping
from enum import StrEnum


class OrganisationKind(StrEnum):
    NATION = "NATION"
    REGION = "REGION"
    ICB = "ICB"
    SUB_ICB = "SUB_ICB"
    PCN = "PCN"
    PRACTICE = "PRACTICE"


class RelationshipKind(StrEnum):
    """From the source to the target: a practice is MEMBER_OF a PCN."""

    MEMBER_OF = "MEMBER_OF"  # practice to PCN (ODS RE8)
    COMMISSIONED_BY = "COMMISSIONED_BY"  # practice to sub-ICB, PCN to its lead sub-ICB (RE4)
    PART_OF = "PART_OF"  # sub-ICB to ICB to region to England
    SUCCESSOR_OF = "SUCCESSOR_OF"  # the new organisation to the one it took over from


class Role(StrEnum):
    SERVICE_MANAGEMENT = "SERVICE_MANAGEMENT"
    COMMISSIONING_MANAGEMENT = "COMMISSIONING_MANAGEMENT"
    ACHIEVEMENT_ENTRY = "ACHIEVEMENT_ENTRY"
    DECLARATION_MANAGEMENT = "DECLARATION_MANAGEMENT"
    APPROVAL_MANAGEMENT = "APPROVAL_MANAGEMENT"
    FINANCE_MANAGEMENT = "FINANCE_MANAGEMENT"
    FINANCE_VIEW = "FINANCE_VIEW"
    VIEW = "VIEW"
    PCN_VIEW = "PCN_VIEW"
    PCN_MANAGEMENT = "PCN_MANAGEMENT"
    CLAIM_USER = "CLAIM_USER"
    CLAIM_APPROVER = "CLAIM_APPROVER"
    CLAIM_TIER_1 = "CLAIM_TIER_1"
    CLAIM_TIER_2 = "CLAIM_TIER_2"
    CLAIM_FINANCE = "CLAIM_FINANCE"
    SUPERVISOR = "SUPERVISOR"
    USER_ADMINISTRATOR = "USER_ADMINISTRATOR"
    ADVANCED_USER_ADMINISTRATOR = "ADVANCED_USER_ADMINISTRATOR"
    ORGANISATION_ADMINISTRATOR = "ORGANISATION_ADMINISTRATOR"
    CATALOGUE_MANAGER = "CATALOGUE_MANAGER"
    DATA_LOAD = "DATA_LOAD"

    @property
    def label(self) -> str:
        """As people say it: Service Management, PCN View."""
        return self.value.replace("_", " ").title().replace("Pcn", "PCN")


ANY = frozenset(OrganisationKind)
ENGLAND = frozenset({OrganisationKind.NATION})
NETWORKS = frozenset({OrganisationKind.PCN})
PROVIDERS = frozenset({OrganisationKind.PRACTICE, OrganisationKind.PCN})
COMMISSIONERS = ANY - PROVIDERS

HELD_AT: Mapping[Role, frozenset[OrganisationKind]] = {
    Role.SERVICE_MANAGEMENT: PROVIDERS,
    Role.COMMISSIONING_MANAGEMENT: COMMISSIONERS,
    Role.ACHIEVEMENT_ENTRY: ANY,  # a commissioner enters on a provider's behalf
    Role.DECLARATION_MANAGEMENT: PROVIDERS,
    Role.APPROVAL_MANAGEMENT: COMMISSIONERS,
    Role.FINANCE_MANAGEMENT: COMMISSIONERS,
    Role.FINANCE_VIEW: ANY,
    Role.VIEW: ANY,
    Role.PCN_VIEW: NETWORKS,
    Role.PCN_MANAGEMENT: NETWORKS,
    Role.CLAIM_USER: PROVIDERS,
    Role.CLAIM_APPROVER: PROVIDERS,
    Role.CLAIM_TIER_1: COMMISSIONERS,
    Role.CLAIM_TIER_2: COMMISSIONERS,
    Role.CLAIM_FINANCE: COMMISSIONERS,
    Role.SUPERVISOR: ANY,
    Role.USER_ADMINISTRATOR: ANY,
    Role.ADVANCED_USER_ADMINISTRATOR: COMMISSIONERS,
    Role.ORGANISATION_ADMINISTRATOR: COMMISSIONERS,
    Role.CATALOGUE_MANAGER: COMMISSIONERS,  # outside England: for its own CLAIM services
    Role.DATA_LOAD: ENGLAND,
}
