"""What every part of a specification is made of."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_]{0,29}$")]
Status = Literal["verified", "provisional"]


class Part(BaseModel):
    """Frozen and closed, so that a misspelt field of a draft is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Part):
    """Where a figure comes from, and whether a payment may rest on it."""

    source: str = Field(min_length=1)
    status: Status
