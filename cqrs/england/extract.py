"""Values written as CQRS writes them: INDICATOR_VALUES.csv (DOMAIN.md 1.13).

Mixed date formats, personalised care adjustment codes between the fields that count, and here
and there a superseded submission (LAST_SUBMISSION N) are the real extract's. The values are
synthetic: the file's name says so, and every row was submitted by AUTOMATED.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from cqrs.england.achievement import ACHIEVEMENT_DATE, Value, values
from cqrs.england.indicators import Indicator
from cqrs.england.seeded import stream

HEADER = (
    "QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,"
    "SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION"
)
SUPERSEDED = 0.004
"""Of the indicators of a practice, those submitted twice."""
# One adjustment code by indicator, or the letters it begins with (PCA_REFERENCE of 2023/24).
_ADJUSTMENTS = {
    "AF": "AFIBPCADEC", "AST": "ASTPCADEC", "BP": "BPDEC1", "CHD": "CHDPCADEC",
    "CHOL": "LLTDEC12M", "COPD": "COPDPCADEC", "CS": "CSDEC", "DEM": "DEMPCADEC",
    "DM": "DMPCADEC", "HF": "HFPCADEC", "HYP": "HYPPCADEC", "MH": "MHPCADEC",
    "NDH": "NDHPCADEC", "SMOK": "SMOKPCADEC", "STIA": "STIAPCADEC", "VI": "SHCON",
    "AF008": "DOACDVITKD", "CHOL004": "CHOLDEC", "HF008": "DIAG1_DAT", "VI001": "DTPCON",
    "VI002": "MMRCON", "VI003": "MMRDTAPCON",
}  # fmt: skip


@dataclass(frozen=True)
class Faults:
    """What is to be wrong in an extract, to see it refused by name."""

    unknown_practices: Collection[str] = ()
    """Codes that no organisation has: rows are added for them."""
    numerator_above: Collection[tuple[str, str]] = field(default_factory=frozenset)
    """Practice and indicator whose numerator is one more than its denominator."""
    missing: Collection[tuple[str, str]] = field(default_factory=frozenset)
    """Practice and indicator of which no row is written."""


@dataclass(frozen=True)
class Extract:
    service_code: str
    service_name: str
    indicators: Sequence[Indicator]
    seed: int
    achieved_on: date = ACHIEVEMENT_DATE
    faults: Faults = Faults()

    @property
    def file_name(self) -> str:
        return f"INDICATOR_VALUES-{self.service_code}-{self.achieved_on:%Y%m%d}-SYNTHETIC.csv"

    def write(self, folder: Path, lists: Mapping[str, int]) -> Path:
        """Streams the rows of practices with their list sizes; answers the file's path."""
        path = folder / self.file_name
        with path.open("w", encoding="ascii", newline="") as file:
            file.write(f"{HEADER}\r\n")
            file.writelines(self.chunks(lists))
        return path

    def chunks(self, lists: Mapping[str, int]) -> Iterator[str]:
        """The rows of one practice at a time."""
        for practice, patients in lists.items():
            yield self._practice(practice, patients)
        for practice in self.faults.unknown_practices:
            yield self._practice(practice, 1_000)

    def _practice(self, practice: str, patients: int) -> str:
        rng = stream(self.seed, "submission", practice)
        head = f"{self.service_code},{self.service_name},{practice},{self.achieved_on:%Y%m%d}"
        drawn = values(self.seed, practice, patients, self.indicators)
        kept = [
            each for each in drawn if (practice, each.indicator.code) not in self.faults.missing
        ]
        return "".join(self._indicator(rng, head, practice, each) for each in kept)

    def _indicator(self, rng: Random, head: str, practice: str, value: Value) -> str:
        code = value.indicator.code
        if (practice, code) in self.faults.numerator_above:
            value = value._replace(numerator=value.denominator + 1)
        rows = _rows(f"{head},{code}", value, self._submitted(rng, 2), "Y")
        if rng.random() >= SUPERSEDED:
            return rows
        earlier = value._replace(numerator=value.numerator * 9 // 10)
        before = _rows(f"{head},{code}", earlier, self._submitted(rng, 1), "N")
        return rows + before if rng.random() < 0.5 else before + rows

    def _submitted(self, rng: Random, days: int) -> str:
        """Day as dd/mm/yyyy and time, so many days after the achievement date."""
        day = self.achieved_on + timedelta(days)
        seconds = rng.randrange(3_600 * 8, 3_600 * 18)
        clock = f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"None,AUTOMATED,{day:%d/%m/%Y},{clock}"


def _rows(head: str, value: Value, submitted: str, last: str) -> str:
    """Fields in the order of their names, as the real extract has them."""
    each = value.indicator
    letters = each.code.rstrip("0123456789")
    adjustment = _ADJUSTMENTS.get(each.code) or _ADJUSTMENTS.get(letters, "REG1_DAT3")
    fields = {
        adjustment: value.adjusted,
        each.denominator: value.denominator,
        each.numerator: value.numerator,
    }
    if each.register is not None:
        fields[each.register] = value.register or 0
    return "".join(
        f"{head},{name},{number},{submitted},{last}\r\n" for name, number in sorted(fields.items())
    )
