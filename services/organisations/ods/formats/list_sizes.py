"""gp-reg-pat-prac-all.csv: patients registered per practice on the first day of a month."""

from collections.abc import Iterable

from services.organisations.directory.domain import ListSize
from services.organisations.ods.domain import Reading
from services.organisations.ods.formats.cells import Line, Row, headed, read_each

FIRST_COLUMN = "PUBLICATION"
_COLUMNS = ("EXTRACT_DATE", "CODE", "SEX", "AGE", "NUMBER_OF_PATIENTS")


def read_list_sizes(file: str, rows: Iterable[Row], reading: Reading) -> None:
    """Read the totals; lines for one sex or age are parts of them."""
    lines = headed(file, rows, _COLUMNS, reading.problems)
    totals = (line for line in lines if line.cells["SEX"] == line.cells["AGE"] == "ALL")
    reading.list_sizes += read_each(totals, _list_size, reading.problems)


def _list_size(line: Line) -> ListSize:
    return ListSize(
        ods_code=line.practice("CODE"),
        counted_on=line.day("EXTRACT_DATE", "%d%b%Y"),
        patients=line.whole_number("NUMBER_OF_PATIENTS"),
    )
