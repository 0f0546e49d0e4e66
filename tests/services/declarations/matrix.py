"""Roles by operations of declarations. Payment types and scope narrow them: test_sight."""

from typing import Final

from nhs.roles import Role
from tests.support.matrix import Line, Roles, entity

WITH_POUNDS: Final[Roles] = frozenset(
    {
        Role.FINANCE_VIEW,
        Role.DECLARATION_MANAGEMENT,
        Role.APPROVAL_MANAGEMENT,
        Role.FINANCE_MANAGEMENT,
    }
)
SEES: Final[Roles] = WITH_POUNDS | {
    Role.VIEW,
    Role.PCN_VIEW,
    Role.ACHIEVEMENT_ENTRY,
    Role.SUPERVISOR,
}
COMMISSIONS: Final[Roles] = frozenset({Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT})
FINANCE: Final[Roles] = frozenset({Role.FINANCE_MANAGEMENT})
LOADS: Final[Roles] = frozenset({Role.DATA_LOAD})


CLAIMS: Final[Roles] = frozenset({Role.CLAIM_USER})
TIER_1: Final[Roles] = frozenset({Role.CLAIM_TIER_1})
SEES_CLAIMS: Final[Roles] = frozenset(
    {
        Role.CLAIM_USER,
        Role.CLAIM_APPROVER,
        Role.CLAIM_TIER_1,
        Role.CLAIM_TIER_2,
        Role.CLAIM_FINANCE,
        Role.FINANCE_VIEW,
        Role.VIEW,
        Role.PCN_VIEW,
        Role.SUPERVISOR,
    }
)
APPROVES_CLAIMS: Final[Roles] = frozenset(
    {Role.CLAIM_APPROVER, Role.CLAIM_TIER_1, Role.CLAIM_TIER_2, Role.CLAIM_FINANCE}
)


_ID = "01990000-0000-7000-8000-000000000001"
_ONE = f'id: "{_ID}"'
_BULK = "mutation { %s(choose: {rows: []}) { message } }"
_BULK_WHY = 'mutation { %s(choose: {rows: []}, reason: "x") { message } }'

MATRIX: Final = {
    "Query.declaration": Line(SEES, f"{{ declaration({_ONE}) {{ id }} }}"),
    "Query.declarations": Line(SEES, "{ declarations { totalCount } }"),
    "Query.declarationSummary": Line(SEES, "{ declarationSummary { status } }"),
    "Query.payment": Line(WITH_POUNDS, f"{{ payment({_ONE}) {{ id }} }}"),
    "Query.payments": Line(WITH_POUNDS, "{ payments { totalCount } }"),
    "Query.paymentTotal": Line(WITH_POUNDS, "{ paymentTotal { count } }"),
    "Query.achievementLoad": Line(LOADS, f"{{ achievementLoad({_ONE}) {{ id }} }}"),
    "Query.achievementSubmission": Line(
        SEES,
        '{ achievementSubmission(service: "QOF2526", provider: "A81001", '
        'achievementDate: "2026-03-31") { service } }',
    ),
    "Query.markedAchievement": Line(SEES, "{ markedAchievement { totalCount } }"),
    "Query._entities Declaration": Line(SEES, entity("Declaration", _ONE, "status")),
    "Query._entities Payment": Line(WITH_POUNDS, entity("Payment", _ONE, "status")),
    "Query._entities Offer.declarations": Line(
        SEES, entity("Offer", _ONE, "declarations { totalCount }")
    ),
    "Query._entities Organisation.declarations": Line(
        SEES, entity("Organisation", 'odsCode: "A81001"', "declarations { totalCount }")
    ),
    "Query.networkAchievementDates": Line(SEES, "{ networkAchievementDates { financialYear } }"),
    "Query.networkAchievement": Line(
        SEES, '{ networkAchievement(network: "U00001", service: "NCD2425") { service } }'
    ),
    "Query.networkAchievements": Line(
        SEES, '{ networkAchievements(service: "NCD2425") { totalCount } }'
    ),
    "Query.networkAchievementTotals": Line(
        SEES, '{ networkAchievementTotals(service: "NCD2425") { networks } }'
    ),
    "Query._entities Organisation.networkAchievement": Line(
        SEES,
        entity(
            "Organisation",
            'odsCode: "A81001"',
            'networkAchievement(service: "NCD2425") { service }',
        ),
    ),
    "Query.networkView": Line(
        SEES, '{ networkView(network: "U00001", service: "NCD2425") { service } }'
    ),
    "Query.networkPaymentShares": Line(
        WITH_POUNDS, f'{{ networkPaymentShares(declaration: "{_ID}") {{ amount }} }}'
    ),
    "Query.declarationBlockers": Line(SEES, "{ declarationBlockers { totalCount } }"),
    "Query.declarationBlockerCounts": Line(
        SEES, "{ declarationBlockerCounts { byCode { count } } }"
    ),
    "Mutation.declareDeclarations": Line(
        frozenset({Role.DECLARATION_MANAGEMENT}), _BULK % "declareDeclarations"
    ),
    "Mutation.approveDeclarations": Line(
        COMMISSIONS,
        _BULK % "approveDeclarations",
    ),
    "Mutation.returnDeclarations": Line(COMMISSIONS, _BULK_WHY % "returnDeclarations"),
    "Mutation.holdDeclarations": Line(COMMISSIONS, _BULK_WHY % "holdDeclarations"),
    "Mutation.releaseDeclarations": Line(COMMISSIONS, _BULK % "releaseDeclarations"),
    "Query.adjustments": Line(WITH_POUNDS, "{ adjustments { totalCount } }"),
    "Mutation.proposeAdjustment": Line(
        FINANCE,
        f'mutation {{ proposeAdjustment(payment: "{_ID}", amount: "1.00", reason: "x") {{ id }} }}',
    ),
    "Mutation.approveAdjustment": Line(
        FINANCE, f"mutation {{ approveAdjustment({_ONE}) {{ id }} }}"
    ),
    "Mutation.approveAdjustments": Line(
        FINANCE, f'mutation {{ approveAdjustments(ids: ["{_ID}"]) {{ id }} }}'
    ),
    "Query.outstandingAdvances": Line(WITH_POUNDS, "{ outstandingAdvances { totalCount } }"),
    "Mutation.proposeAdvanceRecovery": Line(
        FINANCE,
        'mutation { proposeAdvanceRecovery(service: "X", provider: "A81001", reason: "x") { id } }',
    ),
    "Mutation.loadProviderFigures": Line(
        LOADS,
        'mutation { loadProviderFigures(input: {figure: AGREED_PAYMENT, service: "QOF2425", '
        'name: "x", source: "x", values: [{provider: "A81001", value: "1.00"}]}) { id } }',
    ),
    "Query.paymentRun": Line(FINANCE, f"{{ paymentRun({_ONE}) {{ id }} }}"),
    "Query.paymentRuns": Line(FINANCE, "{ paymentRuns { totalCount } }"),
    "Mutation.createPaymentRun": Line(
        FINANCE, 'mutation { createPaymentRun(cutOff: "2099-03-13") { id } }'
    ),
    "Mutation.requestPaymentRunDownload": Line(
        FINANCE, f'mutation {{ requestPaymentRunDownload(run: "{_ID}") {{ csv }} }}'
    ),
    "Mutation.requestPaymentRunAcknowledgementUpload": Line(
        FINANCE,
        'mutation { requestPaymentRunAcknowledgementUpload(fileName: "a.csv") { id } }',
    ),
    "Mutation.acknowledgePaymentRunFile": Line(
        FINANCE,
        f'mutation {{ acknowledgePaymentRunFile(run: "{_ID}", upload: "{_ID}") {{ answered }} }}',
    ),
    "Mutation.acknowledgePaymentRun": Line(
        FINANCE, f'mutation {{ acknowledgePaymentRun(run: "{_ID}", lines: []) {{ message }} }}'
    ),
    "Query.reconciliation": Line(WITH_POUNDS, "{ reconciliation { totalCount } }"),
    "Query.statement": Line(
        WITH_POUNDS, '{ statement(provider: "A81001", month: "2026-04") { total } }'
    ),
    "Mutation.requestStatementDownload": Line(
        WITH_POUNDS,
        'mutation { requestStatementDownload(provider: "A81001", month: "2026-04") { csv } }',
    ),
    "Query.owed": Line(
        WITH_POUNDS,
        '{ owed(on: "2025-01-31", knownAt: "2025-02-01T00:00:00Z") { totalCount } }',
    ),
    "Query.owedTotals": Line(
        WITH_POUNDS,
        '{ owedTotals(on: "2025-01-31", knownAt: "2025-02-01T00:00:00Z") { totalCount } }',
    ),
    "Mutation.requestOwedDownload": Line(
        WITH_POUNDS,
        'mutation { requestOwedDownload(on: "2025-01-31", knownAt: "2025-02-01T00:00:00Z") '
        "{ csv } }",
    ),
    "Query.whatIf": Line(
        COMMISSIONS | {Role.FINANCE_VIEW},
        '{ whatIf(service: "QOF2526", periodStart: "2025-04-01", change: {version: "QOF2526/2"})'
        " { fingerprint } }",
    ),
    "Query.rerating": Line(COMMISSIONS | {Role.FINANCE_VIEW}, f"{{ rerating({_ONE}) {{ id }} }}"),
    "Query.reratings": Line(COMMISSIONS | {Role.FINANCE_VIEW}, "{ reratings { totalCount } }"),
    "Mutation.requestReratingDownload": Line(
        COMMISSIONS | {Role.FINANCE_VIEW},
        f"mutation {{ requestReratingDownload({_ONE}) {{ csv }} }}",
    ),
    "Mutation.proposeRerating": Line(
        FINANCE,
        'mutation { proposeRerating(service: "QOF2526", periodStart: "2025-04-01", '
        'change: {version: "QOF2526/2"}, fingerprint: "x", reason: "x") { id } }',
    ),
    "Mutation.approveRerating": Line(
        FINANCE, f"mutation {{ approveRerating({_ONE}) {{ message }} }}"
    ),
    "Mutation.refuseRerating": Line(
        FINANCE, f'mutation {{ refuseRerating({_ONE}, reason: "x") {{ message }} }}'
    ),
    "Mutation.refuseAdjustment": Line(
        FINANCE, f'mutation {{ refuseAdjustment({_ONE}, reason: "x") {{ id }} }}'
    ),
    "Mutation.recordAchievement": Line(
        frozenset({Role.ACHIEVEMENT_ENTRY}),
        'mutation { recordAchievement(input: {service: "QOF2526", provider: "A81001", '
        'achievementDate: "2026-03-31", group: "AF", values: []}) { message } }',
    ),
    "Mutation.requestAchievementTemplate": Line(
        frozenset({Role.ACHIEVEMENT_ENTRY}),
        'mutation { requestAchievementTemplate(service: "QOF2526", '
        'achievementDate: "2026-03-31") { csv } }',
    ),
    "Mutation.requestAchievementSubmissionUpload": Line(
        frozenset({Role.ACHIEVEMENT_ENTRY}),
        'mutation { requestAchievementSubmissionUpload(fileName: "x.csv") { id } }',
    ),
    "Mutation.submitAchievementFile": Line(
        frozenset({Role.ACHIEVEMENT_ENTRY}),
        f'mutation {{ submitAchievementFile(upload: "{_ID}") {{ message }} }}',
    ),
    "Mutation.requestAchievementUpload": Line(
        LOADS, 'mutation { requestAchievementUpload(fileName: "x.csv") { id } }'
    ),
    "Mutation.loadAchievement": Line(
        LOADS, f'mutation {{ loadAchievement(upload: "{_ID}") {{ id }} }}'
    ),
    "Query.waitingDeclarations": Line(SEES, "{ waitingDeclarations { totalCount } }"),
    "Query.waitingByService": Line(SEES, "{ waitingByService { totalCount } }"),
    "Query.waitingTotal": Line(SEES, "{ waitingTotal { count } }"),
    "Query.achievementResults": Line(
        SEES, '{ achievementResults(service: "QOF2526") { totalCount } }'
    ),
    "Query.achievementByIndicator": Line(
        SEES, '{ achievementByIndicator(service: "QOF2526") { totalCount } }'
    ),
    "Query.achievementDates": Line(SEES, '{ achievementDates(service: "QOF2526") { latest } }'),
    "Query.cutOffs": Line(SEES, "{ cutOffs { totalCount } }"),
    "Mutation.loadCutOffs": Line(
        LOADS | FINANCE, 'mutation { loadCutOffs(source: "x", cutOffs: []) { added } }'
    ),
    "Mutation.withdrawCutOff": Line(
        LOADS | FINANCE, f"mutation {{ withdrawCutOff({_ONE}) {{ id }} }}"
    ),
    "Mutation.remindDeclarations": Line(COMMISSIONS, _BULK % "remindDeclarations"),
    "Query.achievementForecast": Line(
        SEES, '{ achievementForecast(service: "QOF2526", provider: "A81001") { points } }'
    ),
    "Query.yearForecast": Line(
        SEES, '{ yearForecast(provider: "A81001", financialYear: "2025/26") { points } }'
    ),
    "Query.paymentsBy": Line(WITH_POUNDS, "{ paymentsBy(by: SERVICE) { totalCount } }"),
    "Query.accruals": Line(SEES, "{ accruals { totalCount } }"),
    "Query.accrualTotal": Line(SEES, "{ accrualTotal { total { count } } }"),
    "Mutation.requestDeclarationReport": Line(
        SEES, "mutation { requestDeclarationReport(report: DECLARATION_STATUS) { csv } }"
    ),
    "Mutation.requestAchievementSummaryDownload": Line(
        SEES, f'mutation {{ requestAchievementSummaryDownload(declaration: "{_ID}") {{ csv }} }}'
    ),
    "Mutation.requestIndicatorValuesExtract": Line(
        SEES, 'mutation { requestIndicatorValuesExtract(service: "QOF2526") { csv } }'
    ),
    "Mutation.requestAchievedPointsExtract": Line(
        SEES, 'mutation { requestAchievedPointsExtract(service: "QOF2526") { csv } }'
    ),
    "Mutation.requestNetworkValuesExtract": Line(
        SEES, 'mutation { requestNetworkValuesExtract(service: "NCD2526") { csv } }'
    ),
    "Mutation.loadNationalPrevalence": Line(
        LOADS,
        'mutation { loadNationalPrevalence(input: {name: "x", qualityService: "QOF2526/1",'
        ' source: "x", values: []}) { id } }',
    ),
    "Query.claimSummary": Line(SEES_CLAIMS, "{ claimSummary { status } }"),
    "Query.schemeBudgets": Line(
        SEES_CLAIMS - {Role.VIEW, Role.PCN_VIEW, Role.SUPERVISOR}, "{ schemeBudgets { service } }"
    ),
    "Query.networkPayments": Line(
        SEES | SEES_CLAIMS, '{ networkPayments(network: "U11111") { financialYear } }'
    ),
    "Mutation.requestClaimsDownload": Line(
        SEES_CLAIMS, "mutation { requestClaimsDownload { csv } }"
    ),
    "Query.bulkClaim": Line(TIER_1, f"{{ bulkClaim({_ONE}) {{ id }} }}"),
    "Query.bulkClaims": Line(TIER_1, "{ bulkClaims { totalCount } }"),
    "Mutation.requestBulkClaimTemplate": Line(
        TIER_1,
        'mutation { requestBulkClaimTemplate(input: {service: "LESPW2526", '
        'periodStart: "2026-01-01"}) { csv } }',
    ),
    "Mutation.requestBulkClaimUpload": Line(
        TIER_1, 'mutation { requestBulkClaimUpload(fileName: "x.csv") { id } }'
    ),
    "Mutation.checkBulkClaim": Line(
        TIER_1, f'mutation {{ checkBulkClaim(upload: "{_ID}", fileName: "x.csv") {{ id }} }}'
    ),
    "Mutation.submitBulkClaim": Line(TIER_1, f"mutation {{ submitBulkClaim({_ONE}) {{ id }} }}"),
    "Query.claim": Line(SEES_CLAIMS, f"{{ claim({_ONE}) {{ id }} }}"),
    "Query.claims": Line(SEES_CLAIMS, "{ claims { totalCount } }"),
    "Query.claimRules": Line(SEES_CLAIMS, "{ claimRules { code } }"),
    "Query.claimOpenings": Line(CLAIMS, "{ claimOpenings { service } }"),
    "Query._entities Claim": Line(SEES_CLAIMS, entity("Claim", _ONE, "status")),
    "Query._entities Organisation.claims": Line(
        SEES_CLAIMS, entity("Organisation", 'odsCode: "A81001"', "claims { totalCount }")
    ),
    "Mutation.createClaim": Line(
        CLAIMS,
        'mutation { createClaim(service: "LESPW2526", periodStart: "2025-04-01") { id } }',
    ),
    "Mutation.editClaim": Line(
        CLAIMS, f"mutation {{ editClaim({_ONE}, version: 1, content: {{lines: []}}) {{ id }} }}"
    ),
    "Mutation.addAllClaimComponents": Line(
        CLAIMS, f"mutation {{ addAllClaimComponents({_ONE}, version: 1) {{ id }} }}"
    ),
    "Mutation.amendClaim": Line(CLAIMS, f"mutation {{ amendClaim({_ONE}, version: 1) {{ id }} }}"),
    "Mutation.submitClaim": Line(
        CLAIMS, f"mutation {{ submitClaim({_ONE}, version: 1) {{ submitted }} }}"
    ),
    "Mutation.withdrawClaims": Line(CLAIMS, _BULK % "withdrawClaims"),
    "Mutation.approveClaims": Line(APPROVES_CLAIMS, _BULK % "approveClaims"),
    "Mutation.rejectClaims": Line(APPROVES_CLAIMS, _BULK_WHY % "rejectClaims"),
    "Query.claimEvidence": Line(SEES_CLAIMS, f'{{ claimEvidence(claim: "{_ID}") {{ id }} }}'),
    "Mutation.requestEvidenceUpload": Line(
        CLAIMS, 'mutation { requestEvidenceUpload(fileName: "log.csv") { id } }'
    ),
    "Mutation.attachEvidence": Line(
        CLAIMS,
        f'mutation {{ attachEvidence(input: {{claim: "{_ID}", service: "LESPW2526", '
        f'evidence: "LOG", upload: "{_ID}", fileName: "log.csv"}}) {{ id }} }}',
    ),
    "Mutation.removeEvidence": Line(CLAIMS, f"mutation {{ removeEvidence({_ONE}) {{ id }} }}"),
    "Mutation.requestEvidenceDownload": Line(
        SEES_CLAIMS, f"mutation {{ requestEvidenceDownload({_ONE}) {{ path }} }}"
    ),
}
