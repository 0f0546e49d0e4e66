"""What administrators may and may not do to people, and what follows from it."""

import pytest

from services.organisations.people.mailboxes import is_mailbox, is_shared
from tests.services.organisations.conftest import ADMINISTRATOR, somebody
from tests.services.organisations.test_people import CHANGE, added

LINK = (
    "mutation($id: ID, $email: String, $at: OdsCode!) { linkPerson(id: $id, email: $email,"
    " link: {organisation: $at, roles: []}) { id name } }"
)
ENABLE = 'mutation($id: ID!) { enablePerson(id: $id, reason: "is back") { status } }'
CONTACT = (
    "mutation($id: ID!, $name: String, $email: String, $again: String) { changeContact(id: $id,"
    " name: $name, email: $email, emailAgain: $again) { name email } }"
)
GRANTS = (
    "mutation($grants: [RoleGrantInput!]!) { grantRoles(grants: $grants)"
    " { done refused { id code } counts { name value } } }"
)
WARNED = {
    "withdrawRole": 'mutation($id: ID!) { withdrawRole(id: $id, organisation: "U99002",'
    " role: DECLARATION_MANAGEMENT) { warnings { code organisationCode message } } }",
    "unlinkPerson": 'mutation($id: ID!) { unlinkPerson(id: $id, organisation: "U99002")'
    " { warnings { code organisationCode message } } }",
    "disablePerson": 'mutation($id: ID!) { disablePerson(id: $id, reason: "left")'
    " { warnings { code organisationCode message } } }",
}
SHORT = (
    "{ networksShortOfDeclarers { totalCount edges { node { declarers network { odsCode } } } } }"
)


async def nothing_came_of_it(organisations, before):
    assert await organisations.told() == []
    assert await history(organisations) == before


async def history(organisations):
    return await organisations.rows("select count(*) from person_change")


async def test_a_mere_id_opens_nothing_and_the_exact_mail_address_does(organisations):
    await added(organisations, "local", A99001=["USER_ADMINISTRATOR"])
    stranger = await added(organisations, "stranger", A99003=["VIEW"])
    before = await history(organisations)
    for given, code in (
        ({"id": stranger}, "PERSON_NOT_FOUND"),
        ({"email": "strange@mail.example"}, "PERSON_NOT_FOUND"),
        ({}, "ONE_OF_TWO"),
        ({"id": stranger, "email": "stranger@mail.example"}, "ONE_OF_TWO"),
    ):
        assert (await organisations.ask("local", LINK, **given, at="A99001")).code == code
    await nothing_came_of_it(organisations, before)
    linked = await organisations.ask("local", LINK, email="Stranger@mail.example", at="A99001")
    assert linked.data["linkPerson"] == {"id": stranger, "name": "Somebody, stranger"}


async def test_who_acts_for_one_organisation_looked_after_is_linked_to_another_by_id(organisations):
    id_ = await added(organisations)
    await added(organisations, "board", QQ1=["ADVANCED_USER_ADMINISTRATOR"])
    linked = await organisations.ask("board", LINK, id=id_, at="A99002")
    assert linked.data["linkPerson"]["id"] == id_


async def test_the_changes_of_a_version_are_told_without_a_name(organisations):
    id_ = await added(organisations)
    at = {"id": id_, "organisation": "A99001"}
    await organisations.ask(ADMINISTRATOR, CHANGE["grantRole"], **at, role={"role": "SUPERVISOR"})
    ((payload,),) = await organisations.rows("select payload from chassis.outbox")
    changed = {"change": "ROLE_GRANTED", "organisation": "A99001", "role": "SUPERVISOR"}
    assert payload["changes"] == [changed]
    assert "Somebody" not in str(payload)


async def test_nobody_gives_themselves_a_role(organisations):
    id_ = await added(organisations, "board", QQ1=["ADVANCED_USER_ADMINISTRATOR"])
    before = await history(organisations)
    role = {"role": "APPROVAL_MANAGEMENT"}
    own = await organisations.ask(
        "board", CHANGE["grantRole"], id=id_, organisation="QQ1", role=role
    )
    assert own.code == "OWN_ROLES"
    link = {"organisation": "98A", "roles": [role]}
    assert (await organisations.ask("board", CHANGE["linkPerson"], id=id_, link=link)).code == (
        "OWN_ROLES"
    )
    grants = [{"person": id_, "organisation": "QQ1", "role": role}]
    (refused,) = (await organisations.ask("board", GRANTS, grants=grants)).data["grantRoles"][
        "refused"
    ]
    assert refused == {"id": id_, "code": "OWN_ROLES"}
    await nothing_came_of_it(organisations, before)


async def test_a_user_administrator_makes_no_advanced_one(organisations):
    await added(organisations, "local", QQ1=["USER_ADMINISTRATOR"])
    id_ = await added(organisations, QQ1=["VIEW"])
    role = {"role": "ADVANCED_USER_ADMINISTRATOR"}
    answer = await organisations.ask(
        "local", CHANGE["grantRole"], id=id_, organisation="QQ1", role=role
    )
    assert answer.code == "ROLE_ABOVE_YOURS"
    (refused,) = (await organisations.add(somebody("x", QQ1=[role["role"]]), by="local")).data[
        "addPeople"
    ]["refused"]
    assert refused["code"] == "ROLE_ABOVE_YOURS"
    assert await organisations.told() == []


@pytest.mark.parametrize("change", ["withdrawRole", "unlinkPerson", "disablePerson"])
async def test_a_user_administrator_unmakes_no_advanced_one(organisations, change):
    await added(organisations, "local", QQ1=["USER_ADMINISTRATOR"])
    advanced = "ADVANCED_USER_ADMINISTRATOR"
    id_, before = await added(organisations, QQ1=[advanced]), await history(organisations)
    given = {"organisation": "QQ1", "role": advanced}
    wanted = {name: given[name] for name in given if f"${name}:" in CHANGE[change]}
    answer = await organisations.ask("local", CHANGE[change], id=id_, **wanted)
    assert answer.code == "ROLE_ABOVE_YOURS"
    await nothing_came_of_it(organisations, before)


async def test_nobody_takes_from_themselves_the_last_user_administrator(organisations):
    id_ = await added(organisations, "local", A99001=["USER_ADMINISTRATOR", "VIEW"])
    at, before = {"id": id_, "organisation": "A99001"}, await history(organisations)
    for change, variables in (
        ("withdrawRole", at | {"role": "USER_ADMINISTRATOR"}),
        ("unlinkPerson", at),
        ("disablePerson", {"id": id_}),
    ):
        answer = await organisations.ask("local", CHANGE[change], **variables)
        assert answer.code == "LAST_USER_ADMINISTRATOR"
    await nothing_came_of_it(organisations, before)
    await added(organisations, "second", A99001=["USER_ADMINISTRATOR"])
    left = await organisations.ask("local", CHANGE["unlinkPerson"], **at)
    assert left.data["unlinkPerson"] == {"id": id_}
    assert (await organisations.ask("local", "{ me { roles { role } } }")).code == "NOT_LINKED"


async def test_anybody_may_leave_an_organisation_and_nobody_else_is_moved(organisations):
    id_ = await added(organisations, A99001=["VIEW"], A99002=["VIEW"])
    other = await added(organisations, "other", A99002=["VIEW"])
    at = {"organisation": "A99002"}
    left = await organisations.ask("one", CHANGE["unlinkPerson"], **at, id=id_, acting_for="A99001")
    assert left.data["unlinkPerson"] == {"id": id_}
    assert (await organisations.ask("one", CHANGE["unlinkPerson"], **at, id=other)).code == (
        "ROLE_REQUIRED"
    )


async def test_a_person_is_enabled_again_with_a_reason_and_as_before(organisations):
    id_ = await added(organisations)
    await organisations.ask(ADMINISTRATOR, CHANGE["disablePerson"], id=id_)
    await added(organisations, "elsewhere", A99003=["USER_ADMINISTRATOR"])
    assert (await organisations.ask("elsewhere", ENABLE, id=id_)).code == "NOT_YOUR_ORGANISATION"
    back = await organisations.ask(ADMINISTRATOR, ENABLE, id=id_)
    assert back.data["enablePerson"] == {"status": "ACTIVE"}
    me = await organisations.ask(
        "one", "{ me { roles { role } person { history { change reason } } } }"
    )
    assert me.data["me"]["roles"] == [{"role": "VIEW"}]
    last = me.data["me"]["person"]["history"][-1]
    assert last == {"change": "ENABLED", "reason": "is back"}


async def test_who_acts_for_nobody_any_more_is_englands_to_look_after(organisations):
    id_ = await added(organisations)
    await added(organisations, "local", A99001=["USER_ADMINISTRATOR"])
    await organisations.ask("local", CHANGE["unlinkPerson"], id=id_, organisation="A99001")
    await organisations.told()
    before = await history(organisations)
    for change, given in ((CONTACT, {"name": "X Y"}), (CHANGE["disablePerson"], {}), (ENABLE, {})):
        answer = await organisations.ask("local", change, id=id_, **given)
        assert answer.code == "PERSON_NOT_FOUND"
    await nothing_came_of_it(organisations, before)
    renamed = await organisations.ask(ADMINISTRATOR, CONTACT, id=id_, name="X Y")
    assert renamed.data["changeContact"]["name"] == "X Y"
    disabled = await organisations.ask(ADMINISTRATOR, CHANGE["disablePerson"], id=id_)
    assert disabled.data["disablePerson"] == {"status": "DISABLED"}


async def test_names_and_addresses_change_with_history_and_are_told_apart(organisations):
    id_ = await added(organisations)
    new = {"name": "Another Name", "email": "another@mail.example", "again": "another@MAIL.example"}
    changed = await organisations.ask("one", CONTACT, id=id_, **new)
    assert changed.data["changeContact"] == {
        "name": "Another Name",
        "email": "another@mail.example",
    }
    assert sorted(kind for kind, _ in await organisations.told()) == [
        "contact.changed.v1",
        "person.changed.v1",
    ]
    me = await organisations.ask("one", "{ me { person { history { change was } } } }")
    assert me.data["me"]["person"]["history"][-2:] == [
        {"change": "RENAMED", "was": "Somebody, one"},
        {"change": "EMAIL_CHANGED", "was": "one@mail.example"},
    ]
    await organisations.ask("one", CONTACT, id=id_, **new)
    assert await organisations.told() == []  # nothing changed by it


async def test_a_contact_is_changed_by_oneself_and_who_looks_after_all_of_it(organisations):
    id_ = await added(organisations, A99001=["VIEW"], A99002=["VIEW"])
    await added(organisations, "local", A99001=["USER_ADMINISTRATOR"])
    await added(organisations, "colleague", A99001=["VIEW"])
    before = await history(organisations)
    for by, given, code in (
        ("local", {"name": "X Y"}, "NOT_YOUR_ORGANISATION"),
        ("colleague", {"name": "X Y"}, "ROLE_REQUIRED"),
        (ADMINISTRATOR, {"name": " "}, "EMPTY"),
        (ADMINISTRATOR, {"email": "a@b.example"}, "EMAILS_DIFFER"),
        (ADMINISTRATOR, {"email": "nonsense", "again": "nonsense"}, "NOT_A_MAILBOX"),
        (
            ADMINISTRATOR,
            {"email": "office@b.example", "again": "office@b.example"},
            "SHARED_MAILBOX",
        ),
        (
            ADMINISTRATOR,
            {"email": "local@mail.example", "again": "local@mail.example"},
            "EMAIL_IN_USE",
        ),
    ):
        assert (await organisations.ask(by, CONTACT, id=id_, **given)).code == code, given
    await nothing_came_of_it(organisations, before)


async def test_many_roles_are_given_in_one_call_each_or_refused_for_itself(organisations):
    ids = [await added(organisations, f"p{n}") for n in range(3)]
    await organisations.ask(ADMINISTRATOR, CHANGE["disablePerson"], id=ids[2])
    await organisations.told()
    role = {"role": "SERVICE_MANAGEMENT", "paymentTypes": ["QOF"]}
    held = {"role": "VIEW"}
    twice = {"person": ids[0], "organisation": "A99001", "role": {"role": "SUPERVISOR"}}
    grants = [
        {"person": ids[0], "organisation": "A99001", "role": role},
        {"person": ids[1], "organisation": "A99001", "role": held},
        {"person": ids[1], "organisation": "A99002", "role": held},
        {"person": ids[2], "organisation": "A99001", "role": role},
        {"person": ids[0], "organisation": "A99001", "role": {"role": "APPROVAL_MANAGEMENT"}},
        {"person": ids[0], "organisation": "A99999", "role": held},
        twice,
        twice,
    ]
    answer = (await organisations.ask(ADMINISTRATOR, GRANTS, grants=grants)).data["grantRoles"]
    assert answer["done"] == ids[:2]
    assert [one["code"] for one in answer["refused"]] == [
        "NOT_LINKED",
        "PERSON_DISABLED",
        "ROLE_NOT_HELD_THERE",
        "ORGANISATION_NOT_KNOWN",
        "ROLE_TWICE",
        "ROLE_TWICE",
    ]
    assert await organisations.told() == [("person.changed.v1", ids[0])]  # the other held it


@pytest.mark.parametrize("change", sorted(WARNED))
async def test_whoever_leaves_a_network_short_of_declarers_is_warned(organisations, change):
    one = await added(organisations, "one", U99002=["DECLARATION_MANAGEMENT"])
    await added(organisations, "two", U99002=["DECLARATION_MANAGEMENT"])
    await added(organisations, "board", QQ1=["ADVANCED_USER_ADMINISTRATOR"])
    await added(organisations, "of-network", U99002=["USER_ADMINISTRATOR"])

    async def short(subject):
        found = (await organisations.ask(subject, SHORT)).data["networksShortOfDeclarers"]
        assert found["totalCount"] == len(found["edges"])
        return {
            edge["node"]["network"]["odsCode"]: edge["node"]["declarers"] for edge in found["edges"]
        }

    assert await short("of-network") == {}
    assert await short("board") == {"U99001": 0}
    answer = await organisations.ask("of-network", WARNED[change], id=one)
    (warning,) = answer.data[change]["warnings"]
    assert (warning["code"], warning["organisationCode"]) == ("TOO_FEW_DECLARERS", "U99002")
    assert await short("of-network") == {"U99002": 1}
    assert await short("board") == {"U99001": 0, "U99002": 1}


SHARED = """
    info admin reception office enquiries surgery.a99001 A99001 practice-manager gp.surgery
    highstreetsurgery theoldmedicalcentre reception2 no-reply nhs.team the.example.surgery
"""
OWN = """
    jane.smith j.smith2 smith service-management.a99001 supervisor.u99001 view.qhm o'brien
    data-load.eng infanta admina jane+cqrs m.ng
"""


@pytest.mark.parametrize("local", SHARED.split())
def test_a_mailbox_named_after_a_function_or_place_is_shared(local):
    assert is_shared(f"{local}@nhs.example", ["THE EXAMPLE SURGERY"])


@pytest.mark.parametrize("local", OWN.split())
def test_a_mailbox_named_otherwise_is_somebodys_own(local):
    assert not is_shared(f"{local}@nhs.example", ["THE EXAMPLE SURGERY", ""])


def test_a_mailbox_called_like_the_organisation_is_shared():
    assert is_shared("jubilee.house@nhs.example", ["JUBILEE HOUSE"])
    assert not is_shared("jubilee.house@nhs.example", ["JUBILEE STREET"])


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "@a.example",
        "x@",
        "x@a",
        "x y@a.example",
        "x@a..b c",
        "x@a.example\n",
        "x\x00@a.example",
        f"{'x' * 65}@a.example",
        f"x@{'a' * 250}.example",
        "x@a.example.",
    ],
)
def test_what_is_malformed_is_no_mailbox(wrong):
    assert not is_mailbox(wrong)
