"""Importing the files of ODS, in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from chassis.graphql import Connection, as_uuid, connection, window
from services.organisations.ods import commands, queries
from services.organisations.ods.commands import Asking
from services.organisations.ods.types import (
    Info,
    OrganisationImport,
    OrganisationImportFile,
    OrganisationUpload,
)


@strawberry.type
class OdsQuery:
    @strawberry.field(description="An import of your organisation's, or null if there is none.")
    async def organisation_import(
        self,
        info: Info,
        id: strawberry.ID,
    ) -> OrganisationImport | None:
        return await _find(info, id)

    @strawberry.field(
        description="The imports of your organisation that came to an end, the latest first, each "
        "with its report."
    )
    async def organisation_imports(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[OrganisationImport] | None:
        context, page = info.context, window(first, after, datetime, UUID)
        db, principal = context.db, context.principal
        return connection(
            await queries.past_imports(db, principal, page.after, page.limit),
            page,
            node=OrganisationImport.of,
            key=lambda row: (row["asked_at"], row["id"]),
            total=lambda: queries.count_imports(db, principal),
        )


@strawberry.type
class OdsMutation:
    @strawberry.mutation(description="Ask where to PUT a file of ODS.")
    def request_organisation_upload(
        self,
        info: Info,
        file_name: str,  # noqa: ARG002 - for the log of requests; files are known by content
    ) -> OrganisationUpload:
        signed = commands.request_upload(info.context.files, info.context.principal)
        return OrganisationUpload(id=strawberry.ID(str(signed.id)), path=signed.path)

    @strawberry.mutation(
        description="Import uploaded files of ODS: epraccur, ePCN (as a workbook, or as epcn and "
        "epcncorepartnerdetails), succ, a QOF mapping, registered patients; told apart by what is "
        "in them. All of it or nothing; what is known already changes nothing. Poll "
        "organisationImport for the report."
    )
    async def import_organisations(
        self,
        info: Info,
        uploads: list[OrganisationImportFile],
        dry_run: bool = False,
        skip_bad_lines: bool = False,
        idempotency_key: str | None = None,
    ) -> OrganisationImport:
        context = info.context
        key = context.idempotency(info, idempotency_key)
        id_ = await commands.ask_for_import(
            context.db,
            context.files,
            Asking(context.principal, context.now, key),
            [upload.wanted() for upload in uploads],
            dry_run=dry_run,
            skip_bad_lines=skip_bad_lines,
        )
        made = await _find(info, strawberry.ID(str(id_)))
        assert made is not None
        return made


async def _find(info: Info, id_: strawberry.ID) -> OrganisationImport | None:
    context = info.context
    row = await queries.find_import(context.db, context.principal, as_uuid(id_))
    return OrganisationImport.of(row) if row else None
