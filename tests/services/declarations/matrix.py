"""Roles by operations of declarations: an operation without a line here fails the test.

Payment types narrow each role further, and `directory.scope` the organisations: test_sight.
"""

from collections.abc import Mapping
from typing import Final

from nhs.roles import Role

WITH_POUNDS: Final = frozenset(
    {
        Role.FINANCE_VIEW,
        Role.DECLARATION_MANAGEMENT,
        Role.APPROVAL_MANAGEMENT,
        Role.FINANCE_MANAGEMENT,
    }
)
SEES: Final = WITH_POUNDS | {Role.VIEW, Role.PCN_VIEW, Role.ACHIEVEMENT_ENTRY, Role.SUPERVISOR}
LOADS: Final = frozenset({Role.DATA_LOAD})

MATRIX: Final[Mapping[str, frozenset[Role]]] = {
    "Query.declaration": SEES,
    "Query.declarations": SEES,
    "Query.declarationSummary": SEES,
    "Query.payment": WITH_POUNDS,
    "Query.payments": WITH_POUNDS,
    "Query.paymentTotal": WITH_POUNDS,
    "Query.achievementLoad": LOADS,
    "Query._entities Declaration": SEES,
    "Query._entities Payment": WITH_POUNDS,
    "Query._entities Offer.declarations": SEES,
    "Query._entities Organisation.declarations": SEES,
    "Mutation.declareDeclarations": frozenset({Role.DECLARATION_MANAGEMENT}),
    "Mutation.approveDeclarations": frozenset({Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT}),
    "Mutation.requestAchievementUpload": LOADS,
    "Mutation.loadAchievement": LOADS,
    "Mutation.loadNationalPrevalence": LOADS,
}
