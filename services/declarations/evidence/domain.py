"""What may be attached to a claim as evidence, and what of a file must not be."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chassis.errors import DomainError
from nhs.notes import has_nhs_number

LARGEST: Final = 10_485_760
"""Bytes of one file."""
MOST_FILES: Final = 30
"""Files of one claim."""
LONGEST_NAME: Final = 120
MOST_PLACES: Final = 5
"""Places that are named where a file holds several NHS numbers."""

MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
"""By the ending of a file's name: what can be read, and so be searched for NHS numbers."""


class Searched(StrEnum):
    WHOLE = "WHOLE"
    PART = "PART"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class Finding:
    """What reading a file has shown."""

    pictures: int = 0
    """Pages and parts that are pictures: nobody but a person can tell what they show."""
    unsearched: Sequence[str] = ()
    """Where they are."""
    texts: bool = True
    """Whether there is anything else."""
    places: Sequence[str] = ()
    """Where it holds what looks like an NHS number."""
    fault: str | None = None
    """Why it is not what its name says, or cannot be read."""

    @property
    def searched(self) -> Searched:
        if not self.pictures:
            return Searched.WHOLE
        return Searched.PART if self.texts else Searched.NOTHING


def name_of(given: str) -> str:
    """The file's name without its folder, as it is kept."""
    name = given.replace("\\", "/").rpartition("/")[2].strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        message = f"A file's name has 1 to {LONGEST_NAME} characters, all of them printable."
        raise DomainError("FILE_NAME_NOT_VALID", message, field="fileName")
    if has_nhs_number(name.replace("_", " ")):
        raise _holds_nhs_number(["the name of the file"], "fileName")
    return name


def ending_of(name: str, accepts: Sequence[str]) -> str:
    """Its type by its name: one that this kind of evidence accepts, and that can be read."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    wanted = [one for one in (each.lower().lstrip(".") for each in accepts) if one in MEDIA_TYPES]
    if ending not in wanted:
        message = f"This evidence is a file of type {' or '.join(wanted) or '(none can be read)'}."
        raise DomainError("EVIDENCE_TYPE_NOT_ACCEPTED", message, field="fileName", accepts=wanted)
    return ending


def check_size(size: int) -> None:
    if size == 0:
        raise DomainError("EVIDENCE_EMPTY", "The file is empty.", field="upload")
    if size > LARGEST:
        message = f"A file of evidence has at most {LARGEST:,} bytes, not {size:,}."
        raise DomainError("EVIDENCE_TOO_LARGE", message, field="upload", limit=LARGEST)


def check_finding(finding: Finding) -> None:
    """Refuse what is not what it says, and what names a patient."""
    if finding.fault:
        raise DomainError("EVIDENCE_NOT_READABLE", finding.fault, field="upload")
    if finding.places:
        raise _holds_nhs_number(finding.places, "upload")


def _holds_nhs_number(places: Sequence[str], field: str) -> DomainError:
    """Says where, and never which: the number is not to be repeated."""
    message = f"It holds what looks like an NHS number: {'; '.join(places)}. Name no patient."
    return DomainError(
        "NHS_NUMBER_IN_EVIDENCE", message, field=field, rule="LC009", places=list(places)
    )
