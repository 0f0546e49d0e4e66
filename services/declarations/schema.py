"""The schema of declarations: what its features offer, put together."""

from strawberry.tools import merge_types

from chassis.graphql import give, schema
from services.declarations.achievement.schema import AchievementMutation, AchievementQuery
from services.declarations.adjustments.advances_schema import AdvancesMutation, AdvancesQuery
from services.declarations.adjustments.schema import AdjustmentsMutation, AdjustmentsQuery
from services.declarations.ageing.schema import AgeingQuery
from services.declarations.approval.bulk_schema import ApprovalMutation
from services.declarations.approval.root_schema import ApprovalQuery
from services.declarations.approval.schema import Offer, Organisation, Payment
from services.declarations.bulk.schema import BulkMutation, BulkQuery
from services.declarations.calculation.schema import CalculationMutation
from services.declarations.claims.bulk_schema import ClaimBulkMutation
from services.declarations.claims.draft_schema import ClaimDraftMutation
from services.declarations.claims.root_schema import ClaimsQuery
from services.declarations.claims.schema import Claim, OrganisationOfClaims, PaymentOfClaims
from services.declarations.cutoffs.schema import CutOffsMutation, CutOffsQuery
from services.declarations.evidence.schema import (
    ClaimOfEvidence,
    EvidenceMutation,
    EvidenceQuery,
)
from services.declarations.extracts.schema import ExtractsMutation
from services.declarations.figures.schema import FiguresMutation
from services.declarations.forecast.schema import ForecastQuery
from services.declarations.networks.achievement.schema import (
    AchievementOfNetworksQuery,
    OrganisationOfNetworks,
)
from services.declarations.networks.blockers.schema import BlockersQuery
from services.declarations.networks.shares.schema import SharesQuery
from services.declarations.networks.view.schema import ViewQuery
from services.declarations.owed.schema import OwedMutation, OwedQuery
from services.declarations.reports.schema import ReportsMutation
from services.declarations.rerating.schema import ReratingMutation, ReratingQuery
from services.declarations.results.schema import ResultsQuery
from services.declarations.runs.schema import RunsMutation, RunsQuery
from services.declarations.spending.schema import SpendingQuery
from services.declarations.statements.schema import StatementsMutation, StatementsQuery
from services.declarations.submissions.schema import SubmissionsMutation, SubmissionsQuery
from services.declarations.tracking.schema import TrackingMutation, TrackingQuery

Query = merge_types(
    "Query",
    (
        ApprovalQuery,
        AchievementQuery,
        AgeingQuery,
        AdjustmentsQuery,
        AdvancesQuery,
        AchievementOfNetworksQuery,
        BlockersQuery,
        BulkQuery,
        ClaimsQuery,
        EvidenceQuery,
        SharesQuery,
        ViewQuery,
        OwedQuery,
        CutOffsQuery,
        ForecastQuery,
        ResultsQuery,
        ReratingQuery,
        RunsQuery,
        SpendingQuery,
        StatementsQuery,
        SubmissionsQuery,
        TrackingQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        ApprovalMutation,
        AchievementMutation,
        CalculationMutation,
        AdjustmentsMutation,
        AdvancesMutation,
        FiguresMutation,
        OwedMutation,
        BulkMutation,
        ClaimBulkMutation,
        ClaimDraftMutation,
        EvidenceMutation,
        CutOffsMutation,
        ReportsMutation,
        ExtractsMutation,
        ReratingMutation,
        RunsMutation,
        StatementsMutation,
        SubmissionsMutation,
        TrackingMutation,
    ),
)

give(Organisation, OrganisationOfNetworks, OrganisationOfClaims)
give(Payment, PaymentOfClaims)
give(Claim, ClaimOfEvidence)

SCHEMA = schema(Query, Mutation, types=[Organisation, Offer])
