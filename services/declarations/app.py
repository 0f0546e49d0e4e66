"""What the service is made of."""

from pathlib import Path

from chassis.consumer import Subscription
from chassis.files import FileKind
from chassis.service import Service
from nhs.directory import MIGRATIONS, Principal, load_principal
from nhs.directory import projections as directory
from services.declarations.achievement import commands as achievement
from services.declarations.agreements.consumers import PROJECTIONS
from services.declarations.approval import events as approval
from services.declarations.approval.restating import restate
from services.declarations.approval.settling import settle
from services.declarations.bulk import commands as bulk
from services.declarations.bulk import templates as bulk_templates
from services.declarations.claims import events as claims
from services.declarations.claims.restating import restate as restate_claims
from services.declarations.cutoffs import events as cut_offs
from services.declarations.evidence import commands as evidence
from services.declarations.evidence import queries as evidence_queries
from services.declarations.evidence.forgetting import forget_evidence
from services.declarations.extracts import queries as extracts
from services.declarations.owed import queries as owed
from services.declarations.payments import commands as payments
from services.declarations.payments import events as payment_events
from services.declarations.remittance import events as remittance_events
from services.declarations.remittance.consumers import REACTIONS
from services.declarations.reports import queries as reports
from services.declarations.rerating import commands as rerating
from services.declarations.rerating import queries as rerating_queries
from services.declarations.runs import commands as runs
from services.declarations.runs import files as run_answers
from services.declarations.schema import SCHEMA
from services.declarations.statements import queries as statements
from services.declarations.submissions import files as submissions
from services.declarations.tracking import queries as tracking

MIGRATIONS_OF_ALL = (*MIGRATIONS, Path(__file__).parent / "migrations")

SUBSCRIPTION = Subscription(
    group="declarations",
    topics=(
        *directory.TOPICS,
        "participation.quality-service",
        "participation.offer",
        remittance_events.TOPIC,
    ),
    projections={**directory.PROJECTIONS, **PROJECTIONS},
    reactions=REACTIONS,
    read_model=(*directory.READ_MODEL, "public.quality_service", "public.offer"),
)

SERVICE: Service[Principal] = Service(
    name="declarations",
    migrations=MIGRATIONS_OF_ALL,
    schema=SCHEMA,
    principal=load_principal,
    subscription=SUBSCRIPTION,
    jobs={
        bulk.JOB: bulk.check,
        achievement.JOB: achievement.load,
        runs.JOB: runs.make,
        rerating.JOB: rerating.make,
    },
    background=(settle, forget_evidence),
    republish={
        payment_events.TOPIC: payments.republish,
        approval.TOPIC: restate,
        claims.TOPIC: restate_claims,
    },
    events=(
        *approval.CONTRACTS,
        *cut_offs.CONTRACTS,
        *claims.CONTRACTS,
        *payment_events.CONTRACTS,
        *remittance_events.CONTRACTS,
    ),
    files=(
        FileKind(achievement.FILE_KIND, limit=1_073_741_824, media_type="text/csv"),
        submissions.FILE_KIND,
        run_answers.FILE_KIND,
        evidence.FILE_KIND,
        bulk.FILE_KIND,
    ),
    handouts=(evidence_queries.HANDOUT,),
    reports=(
        bulk_templates.TEMPLATE,
        tracking.CLAIMS,
        submissions.TEMPLATE,
        runs.FILE,
        statements.FILE,
        *extracts.EXTRACTS,
        *reports.REPORTS,
        owed.FILE,
        rerating_queries.FILE,
    ),
)
