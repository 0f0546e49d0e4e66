"""What the organisations service is made of."""

import strawberry

from chassis.graphql import schema
from chassis.service import Service
from nhs.directory import Principal, load_principal
from services.organisations import MIGRATIONS
from services.organisations.access.schema import STRANGERS, AccessMutation, AccessQuery
from services.organisations.administration.schema import (
    AdministrationMutation,
    AdministrationQuery,
)
from services.organisations.directory import events as directory_events
from services.organisations.directory.commands import republish
from services.organisations.directory.schema import DirectoryMutation, DirectoryQuery
from services.organisations.network.details.schema import PracticesMutation, PracticesQuery
from services.organisations.network.proposals import events as proposal_events
from services.organisations.network.proposals.schema import ProposalsMutation, ProposalsQuery
from services.organisations.network.report.queries import REPORT
from services.organisations.network.report.schema import NetworkReportMutation, NetworkReportQuery
from services.organisations.ods import commands as ods
from services.organisations.ods.domain import JOB
from services.organisations.ods.schema import OdsMutation, OdsQuery
from services.organisations.people import events as people_events
from services.organisations.people.bootstrap import bootstrap
from services.organisations.people.commands import republish_contacts, republish_people
from services.organisations.people.schema import PeopleMutation, PeopleQuery


@strawberry.type
class Query(
    DirectoryQuery,
    NetworkReportQuery,
    PracticesQuery,
    ProposalsQuery,
    PeopleQuery,
    AccessQuery,
    AdministrationQuery,
    OdsQuery,
):
    pass


@strawberry.type
class Mutation(
    DirectoryMutation,
    NetworkReportMutation,
    PracticesMutation,
    ProposalsMutation,
    PeopleMutation,
    AccessMutation,
    AdministrationMutation,
    OdsMutation,
):
    pass


SCHEMA = schema(Query, Mutation)

SERVICE: Service[Principal] = Service(
    name="organisations",
    migrations=MIGRATIONS,
    schema=SCHEMA,
    principal=load_principal,
    strangers=STRANGERS,
    jobs={JOB: ods.run_import},
    republish={
        directory_events.TOPIC: republish,
        people_events.PERSON_TOPIC: republish_people,
        people_events.CONTACT_TOPIC: republish_contacts,
    },
    events=(directory_events.CONTRACT, *people_events.CONTRACTS, *proposal_events.CONTRACTS),
    files=(ods.UPLOAD,),
    reports=(REPORT,),
    bootstrap=bootstrap,
)
