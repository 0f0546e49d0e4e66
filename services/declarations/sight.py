"""What a person may see here: for which payment types, and for which of them with pounds.

Every read joins `directory.scope` for the day that counts, and passes these lists beside it.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis.errors import DomainError
from nhs.directory import Principal
from nhs.reports import Report
from nhs.roles import PROVIDERS, Role

SCOPE = "directory.scope($1, $4)"

ALL = ("*",)
"""Every payment type, as the statements know it."""

WITH_POUNDS = (
    Role.FINANCE_VIEW,
    Role.DECLARATION_MANAGEMENT,
    Role.APPROVAL_MANAGEMENT,
    Role.FINANCE_MANAGEMENT,
)
WITHOUT_POUNDS = (Role.VIEW, Role.PCN_VIEW, Role.ACHIEVEMENT_ENTRY, Role.SUPERVISOR)

CLAIMS_WITH_POUNDS = (
    Role.CLAIM_USER,
    Role.CLAIM_APPROVER,
    Role.CLAIM_TIER_1,
    Role.CLAIM_TIER_2,
    Role.CLAIM_FINANCE,
    Role.FINANCE_VIEW,
)
CLAIMS_WITHOUT_POUNDS = (Role.VIEW, Role.PCN_VIEW, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Sight:
    person: UUID
    organisation: str
    types: tuple[str, ...]
    pounds_types: tuple[str, ...]
    is_provider: bool
    """A practice or a PCN, which sees few providers."""
    today: date
    report: Report | None = None
    """The report that what was allocated to the organisation is seen in as well."""

    @classmethod
    def of(cls, principal: Principal) -> "Sight":
        """Refuses whoever holds no role that sees declarations."""
        return cls._by(principal, WITH_POUNDS, WITHOUT_POUNDS)

    @classmethod
    def of_claims(cls, principal: Principal) -> "Sight":
        """Refuses whoever holds no role that sees claims."""
        return cls._by(principal, CLAIMS_WITH_POUNDS, CLAIMS_WITHOUT_POUNDS)

    @staticmethod
    def sees_claims(principal: Principal) -> bool:
        return any(map(principal.holds, CLAIMS_WITH_POUNDS + CLAIMS_WITHOUT_POUNDS))

    @classmethod
    def _by(
        cls, principal: Principal, pounds: tuple[Role, ...], no_pounds: tuple[Role, ...]
    ) -> "Sight":
        principal.require_any(*pounds, *no_pounds)
        return cls(
            principal.person_id,
            principal.organisation,
            types_of(principal, *pounds, *no_pounds),
            types_of(principal, *pounds),
            principal.organisation_kind in PROVIDERS,
            principal.today,
        )

    @classmethod
    def of_pounds(cls, principal: Principal) -> "Sight":
        """Refuses whoever may not see pounds."""
        principal.require_any(*WITH_POUNDS)
        return cls.of(principal)

    def expanded(self, report: Report) -> "Sight":
        """Expanded reporting: more organisations, in that report and nowhere else."""
        return replace(self, report=report)

    def over(self, sql: str, row: str) -> str:
        """A list that joins the scope as `s`, over what the report shows where it is expanded.

        `row` is the alias of what has a service_code: an allocation may be for one service.
        """
        if self.report is None:
            return sql
        expanded = f"directory.report_scope($1, $4, '{self.report.value}')"
        service = f"and (s.service_code is null or s.service_code = {row}.service_code)"
        return f"{sql.replace(SCOPE, expanded)} {service}"

    @property
    def arguments(self) -> tuple[str, list[str], list[str], date]:
        """The first four parameters of every read: $1 to $4."""
        return self.organisation, list(self.types), list(self.pounds_types), self.today


def types_of(principal: Principal, *roles: Role) -> tuple[str, ...]:
    """The payment types for which one of the roles is held, as the statements know them."""
    held = [principal.roles[role] for role in roles if role in principal.roles]
    if any(types is None for types in held):
        return ALL
    return tuple(sorted({one for types in held if types is not None for one in types}))


def not_found(noun: str, identity: object) -> DomainError:
    """What is out of sight is answered as what is not there."""
    return DomainError("NOT_FOUND", f"There is no {noun} {identity} that you may see.")
