"""The importer of organisations reads what is generated as it reads the real files."""

from datetime import date

from cqrs.england.files import write
from services.organisations.network.domain import Span, overlaps
from services.organisations.ods.consistency import examine
from services.organisations.ods.formats.files import File, read_files
from services.organisations.ods.plan import Known


def test_the_importer_reads_all_of_it_and_names_the_one_overlap(england, tmp_path):
    land = england.icb()
    files = [File(path.name, path.read_bytes()) for path in write(land, tmp_path)]
    reading = read_files(files, ())
    examine(Known({}, {}, {}, {}), reading, date(2026, 6, 1))
    assert (reading.problems, reading.warnings) == ([], [])
    assert {each.code for each in (*land.practices, *land.pcns)} <= set(reading.organisations)
    assert not {each.code for each in land.elsewhere} & set(reading.organisations)
    assert len(reading.rows) == len(land.memberships)
    assert len(reading.list_sizes) == sum(len(each.lists) for each in land.practices)
    spans: dict[str, list[Span]] = {}
    for row in reading.rows:
        spans.setdefault(row.practice, []).append(Span(row.starts_on, row.pcn, row.ends_on))
    assert len([practice for practice, held in spans.items() if overlaps(held)]) == 1
