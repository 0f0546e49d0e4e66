"""An import of ODS files, as GraphQL shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from chassis.graphql import Context, Count, OdsCode, as_uuid
from nhs.directory import Principal
from services.organisations.directory.queries import Row
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.ods.changes import What
from services.organisations.ods.commands import Outcome as OrganisationImportOutcome
from services.organisations.ods.commands import Wanted

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    OrganisationImportOutcome,
    name="OrganisationImportOutcome",
    description="UNCHANGED: all of it was known. REFUSED: something could not be read, so nothing "
    "was applied.",
)


@strawberry.type(description="Where to PUT a file to, within some minutes and with no token.")
class OrganisationUpload:
    id: strawberry.ID = strawberry.field(description="Name it when importing.")
    path: str = strawberry.field(description="The path to PUT the file to.")


@strawberry.input(description="A file that was uploaded.")
class OrganisationImportFile:
    id: strawberry.ID = strawberry.field(description="As requestOrganisationUpload gave it.")
    name: str = strawberry.field(description="What to call it in the report.")
    since: date | None = strawberry.field(
        default=None,
        description="From when what it says without a date holds (a QOF mapping's hierarchy); "
        "today if not given.",
    )

    def wanted(self) -> Wanted:
        return Wanted(as_uuid(self.id), self.name, self.since)


@strawberry.type(description="Something in a file that could not be taken.")
class OrganisationImportProblem:
    file: str = strawberry.field(description="The file, and the sheet where it has several.")
    line: int | None = strawberry.field(description="Counted from 1, the header included.")
    column: str | None = strawberry.field(description="The column.")
    code: str = strawberry.field(description="Stable and machine-readable: NOT_A_DATE.")
    reason: str = strawberry.field(description="What is wrong, in words.")


@strawberry.type(description="A membership as the file has it.")
class OrganisationImportRow:
    pcn_code: OdsCode = strawberry.field(description="The PCN.")
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")

    @classmethod
    def of(cls, kept: dict[str, Any]) -> OrganisationImportRow:
        return cls(
            pcn_code=OdsCode(kept["pcn"]),
            valid_from=date.fromisoformat(kept["valid_from"]),
            valid_to=date.fromisoformat(kept["valid_to"]) if kept["valid_to"] else None,
        )


@strawberry.type(description="Memberships of one practice that share a day: the later start holds.")
class OrganisationImportOverlap:
    practice_code: OdsCode = strawberry.field(description="The practice's code.")
    rows: list[OrganisationImportRow] = strawberry.field(description="All rows that overlap.")

    @strawberry.field(description="The practice.")
    async def practice(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.practice_code)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> OrganisationImportOverlap:
        rows = [OrganisationImportRow.of(row) for row in kept["rows"]]
        return cls(practice_code=OdsCode(kept["practice"]), rows=rows)


@strawberry.type(
    description="A membership that its commissioner had confirmed, where ODS says something else. "
    "ODS holds; what was confirmed is kept as what was known until the import."
)
class OrganisationImportDifference:
    practice_code: OdsCode = strawberry.field(description="The practice's code.")
    ours: OrganisationImportRow = strawberry.field(description="The membership as confirmed.")
    confirmed_at: datetime = strawberry.field(description="When it was confirmed.")
    confirmed_by: strawberry.ID | None = strawberry.field(
        description="The id of the person who confirmed it."
    )
    confirmed_for: OdsCode | None = strawberry.field(
        description="The commissioner for which they did."
    )
    reason: str | None = strawberry.field(description="The reason it was proposed for.")
    said: list[OrganisationImportRow] = strawberry.field(
        description="The memberships that ODS has on those days."
    )

    @classmethod
    def of(cls, kept: dict[str, Any]) -> OrganisationImportDifference:
        return cls(
            practice_code=OdsCode(kept["practice"]),
            ours=OrganisationImportRow.of(kept["ours"]),
            confirmed_at=datetime.fromisoformat(kept["confirmed_at"]),
            confirmed_by=kept["confirmed_by"],
            confirmed_for=kept["confirmed_for"],
            reason=kept["reason"],
            said=[OrganisationImportRow.of(row) for row in kept["said"]],
        )


@strawberry.type(description="A PCN's proposal that the import has left nothing to decide of.")
class OrganisationImportOvertaken:
    proposal: strawberry.ID = strawberry.field(description="The proposal's id.")
    practice_code: OdsCode = strawberry.field(description="The practice's code.")
    pcn_code: OdsCode = strawberry.field(description="The code of the PCN that proposed it.")
    kind: str = strawberry.field(description="JOIN or LEAVE.")
    effective_on: date = strawberry.field(description="The day it was to count from.")

    @classmethod
    def of(cls, kept: dict[str, Any]) -> OrganisationImportOvertaken:
        return cls(
            proposal=strawberry.ID(kept["id"]),
            practice_code=OdsCode(kept["practice"]),
            pcn_code=OdsCode(kept["pcn"]),
            kind=kept["kind"],
            effective_on=date.fromisoformat(kept["effective_on"]),
        )


@strawberry.type(description="A commissioner that took over from another.")
class OrganisationImportSuccession:
    predecessor_code: OdsCode = strawberry.field(description="Whose parts all passed on.")
    successor_code: OdsCode = strawberry.field(description="To whom they passed.")
    since: date = strawberry.field(description="On which day.")


strawberry.enum(
    What,
    name="OrganisationImportWhat",
    description="OPENED: not known before, or open again; of a relationship, that it started. "
    "CLOSED: of a relationship, that it ended. MOVED: the relationship leads elsewhere. AMENDED: "
    "anything else.",
)


@strawberry.type(description="How many changes there are of one kind of thing.")
class OrganisationImportChanges:
    subject: str = strawberry.field(
        description="A kind of organisation, or MEMBERSHIP (of a practice in a PCN), COMMISSIONER, "
        "HIERARCHY, SUCCESSION, LIST_SIZE."
    )
    opened: int = strawberry.field(description="New here, open again, or started.")
    closed: int = strawberry.field(description="Closed, or ended.")
    renamed: int = strawberry.field(description="Of another name.")
    moved: int = strawberry.field(description="Leading elsewhere: another PCN, commissioner, ICB.")
    amended: int = strawberry.field(description="Changed in something else.")


@strawberry.type(description="One thing that changes.")
class OrganisationImportChange:
    subject: str = strawberry.field(description="As in the counts of changes.")
    what: What = strawberry.field(description="What becomes of it.")
    ods_code: OdsCode = strawberry.field(description="The organisation's code.")
    was: str | None = strawberry.field(description="The name, code or number until now.")
    becomes: str | None = strawberry.field(description="The name, code or number from now on.")
    on: date | None = strawberry.field(description="The day on which it does; null if undated.")

    @classmethod
    def of(cls, kept: dict[str, Any]) -> OrganisationImportChange:
        on = date.fromisoformat(kept["on"]) if kept["on"] else None
        return cls(**kept | {"what": What(kept["what"]), "on": on})


@strawberry.type(description="What an import found, and what it changed or would change.")
class OrganisationImportReport:
    counts: list[Count] = strawberry.field(description="How many rows of each sort.")
    changes: list[OrganisationImportChanges] = strawberry.field(
        description="How many changes of each kind, by what it is that changes."
    )
    listed: list[OrganisationImportChange] = strawberry.field(
        description="The changes one by one, closures and moves first; the first thousand."
    )
    warnings: list[OrganisationImportProblem] = strawberry.field(
        description="What is odd and was taken all the same; the first thousand."
    )
    problems: list[OrganisationImportProblem] = strawberry.field(
        description="What could not be taken; the first thousand."
    )
    overlaps: list[OrganisationImportOverlap] = strawberry.field(
        description="Memberships of one practice that share a day."
    )
    differences: list[OrganisationImportDifference] = strawberry.field(
        description="Memberships that commissioners had confirmed and ODS has otherwise."
    )
    overtaken: list[OrganisationImportOvertaken] = strawberry.field(
        description="Proposals of PCNs that ODS now says itself, or has made impossible."
    )
    lists_of_nobody: list[OdsCode] = strawberry.field(
        description="Codes that have registered patients and are no practice known here."
    )
    successions: list[OrganisationImportSuccession] = strawberry.field(
        description="Commissioners that took over from others, as the hierarchy shows."
    )

    @classmethod
    def of(cls, kept: dict[str, Any]) -> OrganisationImportReport:
        return cls(
            counts=[Count(name=name, value=str(n)) for name, n in sorted(kept["counts"].items())],
            changes=[OrganisationImportChanges(**one) for one in kept.get("changes", ())],
            listed=[OrganisationImportChange.of(one) for one in kept.get("listed", ())],
            warnings=[OrganisationImportProblem(**one) for one in kept.get("warnings", ())],
            problems=[OrganisationImportProblem(**one) for one in kept["problems"]],
            overlaps=[OrganisationImportOverlap.of(one) for one in kept["overlaps"]],
            differences=[
                OrganisationImportDifference.of(one) for one in kept.get("differences", ())
            ],
            overtaken=[OrganisationImportOvertaken.of(one) for one in kept.get("overtaken", ())],
            lists_of_nobody=[OdsCode(code) for code in kept["lists_of_nobody"]],
            successions=[
                OrganisationImportSuccession(
                    predecessor_code=OdsCode(one["predecessor"]),
                    successor_code=OdsCode(one["successor"]),
                    since=date.fromisoformat(one["since"]),
                )
                for one in kept["successions"]
            ],
        )


@strawberry.type(description="A file that was imported.")
class OrganisationImportedFile:
    name: str = strawberry.field(description="As whoever imported it called it.")
    bytes: int = strawberry.field(description="How long it was.")
    sha256: str = strawberry.field(description="The hash of its content.")
    since: date | None = strawberry.field(description="From when what it says undated holds.")

    @classmethod
    def of(cls, kept: dict[str, Any]) -> OrganisationImportedFile:
        since = date.fromisoformat(kept["since"]) if kept["since"] else None
        return cls(**kept | {"since": since})


@strawberry.type(description="Why an import ended without a report.")
class OrganisationImportError:
    code: str = strawberry.field(description="Stable and machine-readable.")
    message: str = strawberry.field(description="What went wrong, in words.")


@strawberry.type(description="An import of ODS files, done by a worker.")
class OrganisationImport:
    id: strawberry.ID = strawberry.field(description="The import's id.")
    status: str = strawberry.field(description="WAITING, RUNNING, DONE or FAILED.")
    steps_done: int = strawberry.field(description="How far it is.")
    steps: int | None = strawberry.field(description="How far it has to go; null until it starts.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    files: list[OrganisationImportedFile] = strawberry.field(
        description="What was imported; empty until it is done."
    )
    outcome: OrganisationImportOutcome | None = strawberry.field(
        description="What came of it; null until it is done."
    )
    would_be: OrganisationImportOutcome | None = strawberry.field(
        description="Of a dry run, what would come of the import; else what did."
    )
    report: OrganisationImportReport | None = strawberry.field(
        description="What it found; null until it is done."
    )
    error: OrganisationImportError | None = strawberry.field(description="Why it failed.")

    @classmethod
    def of(cls, row: Row) -> OrganisationImport:
        error, report = row["error"], row["report"]
        return cls(
            id=strawberry.ID(str(row["id"])),
            status=row["status"],
            steps_done=row["done"],
            steps=row["total"],
            asked_at=row["asked_at"],
            files=[OrganisationImportedFile.of(one) for one in row["files"] or ()],
            outcome=OrganisationImportOutcome(row["outcome"]) if row["outcome"] else None,
            would_be=_would_be(row),
            report=OrganisationImportReport.of(report) if report else None,
            error=error and OrganisationImportError(code=error["code"], message=error["message"]),
        )


def _would_be(row: Row) -> OrganisationImportOutcome | None:
    if row["outcome"] is None:
        return None
    return OrganisationImportOutcome(row["report"].get("would_be", row["outcome"]))
