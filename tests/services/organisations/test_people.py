"""Adding people and what administrators do to them."""

import asyncio

import pytest

from chassis.errors import DomainError
from services.organisations.people.bootstrap import bootstrap
from tests.services.organisations.conftest import ADMINISTRATOR, first_people, somebody
from tests.services.organisations.importing import NOW

CHANGE = {
    "linkPerson": "mutation($id: ID!, $link: PersonLinkInput!, $key: String) {"
    " linkPerson(id: $id, link: $link, idempotencyKey: $key) { id } }",
    "unlinkPerson": "mutation($id: ID!, $organisation: OdsCode!) {"
    " unlinkPerson(id: $id, organisation: $organisation) { id } }",
    "grantRole": "mutation($id: ID!, $organisation: OdsCode!, $role: PersonRoleInput!) {"
    ' grantRole(id: $id, organisation: $organisation, role: $role, reason: "new duties") { id } }',
    "withdrawRole": "mutation($id: ID!, $organisation: OdsCode!, $role: Role!) {"
    " withdrawRole(id: $id, organisation: $organisation, role: $role) { id } }",
    "disablePerson": 'mutation($id: ID!) { disablePerson(id: $id, reason: "left") { status } }',
}
ROLES = (
    "select organisation, role, payment_types from person_role r join person p on p.id = person_id"
    " where subject = $1 order by 1, 2"
)


async def added(organisations, subject="one", **links):
    """A person of a practice; answers their id."""
    answer = await organisations.add(somebody(subject, **(links or {"A99001": ["VIEW"]})))
    (id_,) = answer.data["addPeople"]["done"]
    await organisations.told()
    return id_


async def test_people_are_added_for_anybody_below_and_told_apart_from_their_names(organisations):
    answer = await organisations.add(
        somebody("one", A99001=["SERVICE_MANAGEMENT"], U99001=["DECLARATION_MANAGEMENT"]),
        somebody("two", QQ1=["COMMISSIONING_MANAGEMENT"]),
    )
    assert answer.data["addPeople"]["refused"] == []
    one, two = answer.data["addPeople"]["done"]
    assert sorted(await organisations.told()) == sorted(
        (kind, id_) for kind in ("contact.changed.v1", "person.changed.v1") for id_ in (one, two)
    )
    assert await organisations.rows(ROLES, "one") == [
        ("A99001", "SERVICE_MANAGEMENT", None),
        ("U99001", "DECLARATION_MANAGEMENT", None),
    ]
    me = await organisations.ask("two", "{ me { person { id name } organisation { odsCode } } }")
    assert me.data["me"]["person"] == {"id": two, "name": "Somebody, two"}
    assert me.data["me"]["organisation"] == {"odsCode": "QQ1"}


REFUSED = [
    (somebody("x", A99999=["VIEW"]), "ORGANISATION_NOT_KNOWN"),
    (somebody("x", A99001=["APPROVAL_MANAGEMENT"]), "ROLE_NOT_HELD_THERE"),
    (somebody("x", A99001=["VIEW", "VIEW"]), "ROLE_TWICE"),
    ({**somebody("x"), "email": "nonsense"}, "NOT_A_MAILBOX"),
    ({**somebody("x"), "email": "DATA-LOAD.eng@england.example"}, "EMAIL_IN_USE"),
    ({**somebody("x"), "subject": "data-load.eng"}, "SUBJECT_IN_USE"),
    ({**somebody("x"), "name": " "}, "EMPTY"),
]


async def test_who_cannot_be_added_is_refused_and_the_others_are_added(organisations):
    for number, (person, code) in enumerate(REFUSED):
        answer = await organisations.add(person, somebody(f"good-{number}", A99002=["VIEW"]))
        (refused,) = answer.data["addPeople"]["refused"]
        assert (refused["id"], refused["code"]) == (person["subject"], code)
        assert len(answer.data["addPeople"]["done"]) == 1
        assert len(await organisations.told()) == 2
    assert await organisations.rows("select subject from person where subject = 'x'") == []


async def test_of_two_alike_in_one_call_the_first_is_added(organisations):
    answer = await organisations.add(somebody("one"), somebody("one"))
    assert [one["code"] for one in answer.data["addPeople"]["refused"]] == ["SUBJECT_IN_USE"]


async def test_of_two_who_add_the_same_person_at_once_one_does(organisations):
    one = [somebody(f"p{n}", A99001=["VIEW"]) for n in range(200)]
    answers = await asyncio.gather(organisations.add(*one), organisations.add(*one))
    done, refused = [], []
    for answer in answers:
        if "errors" in answer.body:
            refused.append(answer.code)
        else:
            done += answer.data["addPeople"]["done"]
            refused += {each["code"] for each in answer.data["addPeople"]["refused"]}
    assert (len(done), refused) == (200, ["SUBJECT_IN_USE"])
    assert len(await organisations.told()) == 400


async def test_thousands_are_added_in_one_call_and_once_under_one_key(organisations):
    people = [somebody(f"p{n}", A99001=["VIEW"]) for n in range(2_000)]
    first = await organisations.add(*people, key="all of them")
    again = await organisations.add(*people, key="all of them")
    assert len(first.data["addPeople"]["done"]) == 2_000
    assert again.data == first.data
    assert len(await organisations.told()) == 4_000


async def test_a_key_under_which_all_were_refused_can_be_used_again(organisations):
    wrong, right = somebody("x", A99999=["VIEW"]), somebody("x", A99001=["VIEW"])
    refused = await organisations.add(wrong, key="again")
    assert refused.data["addPeople"]["done"] == []
    answer = await organisations.add(right, key="again")
    assert len(answer.data["addPeople"]["done"]) == 1


async def test_a_user_administrator_adds_people_to_their_own_organisation_only(organisations):
    await added(organisations, "local", A99001=["USER_ADMINISTRATOR"])
    answer = await organisations.add(
        somebody("here", A99001=["VIEW"]), somebody("there", A99002=["VIEW"]), by="local"
    )
    assert [one["code"] for one in answer.data["addPeople"]["refused"]] == ["NOT_YOUR_ORGANISATION"]
    assert len(await organisations.told()) == 2


async def test_an_advanced_administrator_reaches_what_is_commissioned_below(organisations):
    await added(organisations, "icb", QQ1=["ADVANCED_USER_ADMINISTRATOR"])
    answer = await organisations.add(
        somebody("theirs", A99001=["VIEW"]),
        somebody("sub", **{"98A": ["VIEW"]}),
        somebody("other", A99003=["VIEW"]),
        by="icb",
    )
    assert [one["id"] for one in answer.data["addPeople"]["refused"]] == ["other"]


async def test_roles_are_granted_for_payment_types_and_withdrawn_with_history(organisations):
    id_ = await added(organisations)
    role = {"role": "SERVICE_MANAGEMENT", "paymentTypes": ["QOF"]}
    at = {"id": id_, "organisation": "A99001"}
    await organisations.ask(ADMINISTRATOR, CHANGE["grantRole"], **at, role=role)
    assert ("A99001", "SERVICE_MANAGEMENT", ["QOF"]) in await organisations.rows(ROLES, "one")
    assert await organisations.told() == [("person.changed.v1", id_)]
    me = await organisations.ask("one", "{ me { roles { role paymentTypes } } }")
    assert {"role": "SERVICE_MANAGEMENT", "paymentTypes": ["QOF"]} in me.data["me"]["roles"]

    await organisations.ask(ADMINISTRATOR, CHANGE["grantRole"], **at, role=role)
    assert await organisations.told() == []  # nothing changed by it

    await organisations.ask(ADMINISTRATOR, CHANGE["withdrawRole"], **at, role="SERVICE_MANAGEMENT")
    assert await organisations.rows(ROLES, "one") == [("A99001", "VIEW", None)]
    history = await organisations.ask(
        "one", "{ me { person { history { change role reason by { id } } } } }"
    )
    entries = history.data["me"]["person"]["history"]
    assert [entry["change"] for entry in entries] == [
        "ADDED",
        "LINKED",
        "ROLE_GRANTED",
        "ROLE_GRANTED",
        "ROLE_WITHDRAWN",
    ]
    assert [entry["reason"] for entry in entries if entry["reason"]] == ["new duties"]


async def test_history_is_only_ever_added_to(organisations):
    for change in ("update person_change set reason = ''", "delete from person_change"):
        with pytest.raises(Exception, match="only ever added to"):
            async with organisations.database.transaction() as tx:
                await tx.execute(change)


async def test_a_person_linked_to_two_organisations_must_say_which(organisations):
    id_ = await added(organisations)
    link = {"organisation": "A99002", "roles": [{"role": "SUPERVISOR"}]}
    await organisations.ask(ADMINISTRATOR, CHANGE["linkPerson"], id=id_, link=link)
    me = "{ me { roles { role } } }"
    assert (await organisations.ask("one", me)).code == "ACTING_FOR_REQUIRED"
    answer = await organisations.ask("one", me, acting_for="A99002")
    assert answer.data["me"]["roles"] == [{"role": "SUPERVISOR"}]
    again = await organisations.ask(ADMINISTRATOR, CHANGE["linkPerson"], id=id_, link=link)
    assert again.code == "LINKED_ALREADY"

    done = await organisations.ask(
        ADMINISTRATOR, CHANGE["unlinkPerson"], id=id_, organisation="A99002"
    )
    assert done.data["unlinkPerson"] == {"id": id_}
    assert await organisations.rows(ROLES, "one") == [("A99001", "VIEW", None)]
    assert (await organisations.ask("one", me, acting_for="A99002")).code == "NOT_LINKED"


async def test_a_disabled_person_is_refused_with_the_same_token_and_stays_known(organisations):
    id_ = await added(organisations)
    answer = await organisations.ask(ADMINISTRATOR, CHANGE["disablePerson"], id=id_)
    assert answer.data["disablePerson"] == {"status": "DISABLED"}
    assert (await organisations.ask("one", "{ me { roles { role } } }")).code == "PERSON_DISABLED"
    grant = {"id": id_, "organisation": "A99001", "role": {"role": "SUPERVISOR"}}
    assert (await organisations.ask(ADMINISTRATOR, CHANGE["grantRole"], **grant)).code == (
        "PERSON_DISABLED"
    )


async def test_nobody_disables_a_person_who_also_acts_for_others(organisations):
    id_ = await added(organisations, A99001=["VIEW"], A99002=["VIEW"])
    await added(organisations, "local", A99001=["USER_ADMINISTRATOR"])
    answer = await organisations.ask("local", CHANGE["disablePerson"], id=id_)
    assert answer.code == "NOT_YOUR_ORGANISATION"
    assert await organisations.told() == []


CANNOT_BE = [
    ("withdrawRole", {"organisation": "A99001", "role": "SUPERVISOR"}, "ROLE_NOT_HELD"),
    ("grantRole", {"organisation": "A99002", "role": {"role": "VIEW"}}, "NOT_LINKED"),
    (
        "grantRole",
        {"organisation": "A99001", "role": {"role": "DATA_LOAD"}},
        "ROLE_NOT_HELD_THERE",
    ),
    (
        "grantRole",
        {"organisation": "A99001", "role": {"role": "VIEW", "paymentTypes": []}},
        "NO_PAYMENT_TYPE",
    ),
    ("unlinkPerson", {"organisation": "A99002"}, "NOT_LINKED"),
    ("linkPerson", {"link": {"organisation": "Q99"}}, "ORGANISATION_NOT_KNOWN"),
]


async def test_a_change_that_cannot_be_is_refused_and_nothing_comes_of_it(organisations):
    id_ = await added(organisations)
    history = await organisations.rows("select count(*) from person_change")
    for change, variables, code in CANNOT_BE:
        answer = await organisations.ask(ADMINISTRATOR, CHANGE[change], id=id_, **variables)
        assert answer.code == code
    assert await organisations.told() == []
    assert await organisations.rows("select count(*) from person_change") == history


async def test_people_are_seen_by_those_who_see_their_organisation(organisations):
    people = {
        "of-one": {"A99001": ["VIEW"]},
        "neighbour": {"A99002": ["VIEW"]},
        "of-network": {"U99002": ["PCN_VIEW"]},
        "of-board": {"QQ1": ["VIEW"]},
        "of-other-board": {"QQ2": ["VIEW"]},
    }
    ids = {name: await added(organisations, name, **links) for name, links in people.items()}
    entities = "query($all: [_Any!]!) { _entities(representations: $all) {"
    entities += " ... on Person { id email } } }"

    async def seen(subject):
        references = [{"__typename": "Person", "id": id_} for id_ in ids.values()]
        found = (await organisations.ask(subject, entities, all=references)).found["_entities"]
        return {name for name, one in zip(ids, found, strict=True) if one}

    assert await seen("of-one") == {"of-one", "of-network"}
    assert await seen("of-network") == {"of-one", "neighbour", "of-network"}
    assert await seen("of-board") == {"of-one", "neighbour", "of-network", "of-board"}
    assert await seen("of-other-board") == {"of-other-board"}


async def test_what_somebody_does_for_others_is_theirs_to_see(organisations):
    id_ = await added(organisations, A99001=["VIEW"], A99003=["SUPERVISOR"])
    await added(organisations, "local", A99001=["USER_ADMINISTRATOR"])
    entity = "query($all: [_Any!]!) { _entities(representations: $all) { ... on Person {"
    entity += " links { organisation { odsCode } } history { change organisationCode } } } }"

    async def told(subject, **headers):
        asked = [{"__typename": "Person", "id": id_}]
        answer = await organisations.ask(subject, entity, all=asked, **headers)
        (one,) = answer.data["_entities"]
        links = {link["organisation"]["odsCode"] for link in one["links"]}
        return links, {entry["organisationCode"] for entry in one["history"]}

    assert await told("local") == ({"A99001"}, {None, "A99001"})
    assert await told(ADMINISTRATOR) == ({"A99001", "A99003"}, {None, "A99001", "A99003"})
    assert await told("one", acting_for="A99003") == (
        {"A99001", "A99003"},
        {None, "A99001", "A99003"},
    )


async def test_mailboxes_are_for_oneself_and_administrators(organisations):
    id_ = await added(organisations)
    await added(organisations, "colleague")
    entity = "query($all: [_Any!]!) { _entities(representations: $all) {"
    entity += " ... on Person { email } } }"
    one = [{"__typename": "Person", "id": id_}]
    shown = {}
    for subject in ("one", "colleague", ADMINISTRATOR):
        answer = await organisations.ask(subject, entity, all=one)
        shown[subject] = answer.data["_entities"][0]["email"]
    assert shown == {
        "one": "one@mail.example",
        "colleague": None,
        ADMINISTRATOR: "one@mail.example",
    }


async def test_administrators_list_the_people_they_look_after(organisations):
    await added(organisations, "one", A99001=["VIEW", "SUPERVISOR"])
    await added(organisations, "two", A99002=["VIEW"])
    await added(organisations, "local", A99001=["USER_ADMINISTRATOR"])
    listed = "query($filter: PeopleFilter) { people(filter: $filter, first: 10) { totalCount"
    listed += " edges { node { name links { organisation { odsCode } roles { role } } } } } }"

    async def names(subject, **wanted):
        people = (await organisations.ask(subject, listed, filter=wanted)).data["people"]
        assert people["totalCount"] == len(people["edges"])
        return {edge["node"]["name"].removeprefix("Somebody, ") for edge in people["edges"]}

    assert await names("local") == {"one", "local"}
    assert await names(ADMINISTRATOR, search="somebody") == {"one", "two", "local"}
    assert await names(ADMINISTRATOR, organisation="A99002") == {"two"}
    assert await names(ADMINISTRATOR, role="SUPERVISOR") == {"one"}
    assert await names(ADMINISTRATOR, status="DISABLED") == set()


async def test_the_first_people_are_created_once(database):
    document = first_people("https://issuer.example")
    for _ in range(2):
        async with database.transaction() as tx:
            await bootstrap(tx, document, NOW)
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from person") == 4
        assert await reader.fetchval("select count(*) from chassis.outbox") == 9
        assert await reader.fetchval("select version from organisation") == 1


async def test_other_first_people_than_the_four_are_refused(database):
    document = first_people("https://issuer.example")
    document["people"].pop()
    with pytest.raises(DomainError, match="Advanced User Administrator"):
        async with database.transaction() as tx:
            await bootstrap(tx, document, NOW)
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from organisation") == 0
