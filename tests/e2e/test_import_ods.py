"""`cqrs import ods` against a whole system, which it leaves as it found it."""

from io import StringIO

import pytest
from rich.console import Console

from cqrs import commands
from cqrs.imports import ods
from cqrs.imports.ods import Asked
from cqrs.play.asking import upload
from cqrs.play.gateway import DeliveryError
from cqrs.supervisor.first_people import DATA_LOAD
from tests.support.files_of_ods import csv_file, practice

pytestmark = pytest.mark.xdist_group("system")


@pytest.fixture
def folder(tmp_path):
    """Of a practice that nobody knows, and of one that is no practice."""
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "epraccur.csv").write_bytes(csv_file([practice("Z99001")]))
    bad = csv_file([practice("Z99001"), practice("Z99002", status="?")])
    (tmp_path / "bad.csv").write_bytes(bad)
    return tmp_path


@pytest.fixture
def importing(cast):
    async def importing(*paths, skip_bad_lines=False):
        out = StringIO()
        asked = Asked(dry_run=True, skip_bad_lines=skip_bad_lines, since=None)
        console = Console(file=out, width=120)
        taken = await ods.import_ods(cast.first(DATA_LOAD.subject), paths, asked, console)
        return taken, out.getvalue()

    return importing


async def test_a_dry_run_shows_what_would_change_and_the_lines_that_are_bad(importing, folder):
    taken, shown = await importing(folder / "good")
    assert taken
    assert "Z99001" in shown
    assert "nothing was applied" in shown
    taken, shown = await importing(folder / "bad.csv")
    assert not taken
    assert "STATUS_NOT_KNOWN" in shown
    assert (await importing(folder / "bad.csv", skip_bad_lines=True))[0]


async def test_what_is_refused_ends_with_another_status(system, folder, capsys):
    asked = Asked(dry_run=True, skip_bad_lines=False, since=None)
    pid = system.running.pid
    assert await commands.import_ods([folder / "good"], asked, pid) == 0
    assert await commands.import_ods([folder / "bad.csv"], asked, pid) == 1
    assert "STATUS_NOT_KNOWN" in capsys.readouterr().out


async def test_a_file_of_200_mb_is_refused_with_next_to_nothing_of_it_sent(cast, tmp_path):
    file, sent = tmp_path / "large.csv", []
    with file.open("wb") as content:
        content.truncate(200 * 2**20)
    name, root = "request_organisation_upload", "requestOrganisationUpload"
    with pytest.raises(DeliveryError, match=r"large\.csv was not taken: FILE_TOO_LARGE"):
        await upload(cast.first(DATA_LOAD.subject), name, root, file, sent.append)
    assert sum(sent) <= 8 * 2**20  # what the buffers of both ends hold may cross the answer
