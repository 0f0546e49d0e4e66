"""What the demonstration in containers begins with."""

import json

import pytest

from cqrs.compose.demonstration import realm, write

ISSUER = "http://localhost:18080/realms/cqrs"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder, realms = tmp_path_factory.mktemp("demonstration"), tmp_path_factory.mktemp("realm")
    write(folder, realms, ISSUER)
    return folder, realms


def test_the_realm_holds_everybody_who_plays_under_their_subject_and_no_role(written):
    _, realms = written
    [file] = realms.iterdir()
    made = json.loads(file.read_text())
    users = {one["id"]: one for one in made["users"]}
    assert {"data-load.eng", "catalogue-1.eng", "approval-management-qc3"} <= users.keys()
    assert len(users) == len(made["users"]) > 500
    assert all("realmRoles" not in one and "clientRoles" not in one for one in made["users"])
    assert {one["credentials"][0]["value"] for one in made["users"]} == {
        "${DEMONSTRATION_PASSWORD}"
    }


def test_the_first_people_are_known_by_the_issuer_the_services_are_told(written):
    folder, _ = written
    assert json.loads((folder / "first-people.json").read_text())["issuer"] == ISSUER


def test_a_clock_that_runs_is_left_alone(written):
    folder, realms = written
    (folder / "clock").write_text("2026-04-01T09:00:00+00:00")
    write(folder, realms, ISSUER)
    assert (folder / "clock").read_text() == "2026-04-01T09:00:00+00:00"


def test_a_subject_keycloak_cannot_take_as_an_id_is_refused():
    with pytest.raises(ValueError, match="36 characters"):
        realm([("x" * 37, "Somebody", "somebody@cqrs.example")])
