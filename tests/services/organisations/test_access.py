"""Asking for access, being invited, and what comes of both."""

import asyncio

from tests.services.organisations.conftest import ADMINISTRATOR, somebody
from tests.services.organisations.matrix import MATRIX
from tests.support.matrix import service

STRANGER = "nobody-yet"
REQUEST = (
    "mutation($request: AccessRequestInput!) { requestAccess(request: $request)"
    " { id status organisationCode organisation { name } roles { role paymentTypes } } }"
)
WITHDRAW = "mutation($id: ID!) { withdrawAccessRequest(id: $id) { status } }"
APPROVE = (
    "mutation($id: ID!, $roles: [PersonRoleInput!]) { approveAccessRequest(id: $id, roles: $roles,"
    ' reason: "welcome") { status granted { role paymentTypes } } }'
)
REFUSE = (
    "mutation($id: ID!, $reason: String!) { refuseAccessRequest(id: $id, reason: $reason)"
    " { status answer } }"
)
MINE = (
    "{ myAccessRequests { totalCount edges { node { id status answer granted { role }"
    " history { status actingFor reason } } } } }"
)
PENDING = (
    "query($filter: AccessRequestFilter) { accessRequests(filter: $filter)"
    " { totalCount edges { node { id name email organisationCode reason } } } }"
)
INVITE = (
    "mutation($name: String!, $email: String!, $again: String!, $at: OdsCode!,"
    " $roles: [PersonRoleInput!]!, $key: String) { invitePerson(name: $name, email: $email,"
    " emailAgain: $again, organisation: $at, roles: $roles, idempotencyKey: $key)"
    " { code person { id status email } } }"
)
ACCEPT = "mutation($code: String!) { acceptInvitation(code: $code) }"


def asked(organisation="A99001", roles=("VIEW", "SERVICE_MANAGEMENT"), **changes):
    return {
        "organisation": organisation,
        "roles": [role if isinstance(role, dict) else {"role": role} for role in roles],
        "reason": "I work there",
        "name": "New Person",
        "email": "new.person@mail.example",
        "emailAgain": "new.person@mail.example",
    } | changes


async def request(organisations, subject=STRANGER, **changes):
    answer = await organisations.ask(subject, REQUEST, request=asked(**changes))
    return answer.data["requestAccess"]["id"]


async def administrator(organisations, code="A99001"):
    """The local User Administrator of the organisation."""
    subject = f"administrator.{code.lower()}"
    await organisations.add(somebody(subject, **{code: ["USER_ADMINISTRATOR"]}))
    await organisations.told()
    return subject


async def nothing_came_of_it(organisations):
    assert await organisations.told() == []
    return await organisations.rows("select count(*) from access_request_change")


async def test_somebody_unknown_asks_is_approved_with_fewer_roles_and_may_act(organisations):
    local = await administrator(organisations)
    answer = await organisations.ask(STRANGER, REQUEST, request=asked())
    made = answer.data["requestAccess"]
    assert (made["status"], made["organisationCode"]) == ("REQUESTED", "A99001")
    pending = (await organisations.ask(local, PENDING, filter={"status": "REQUESTED"})).data
    (node,) = [edge["node"] for edge in pending["accessRequests"]["edges"]]
    assert (node["name"], node["email"]) == ("New Person", "new.person@mail.example")
    assert (await organisations.ask(STRANGER, "{ me { roles { role } } }")).code == (
        "PERSON_NOT_KNOWN"
    )

    fewer = [{"role": "VIEW", "paymentTypes": ["QOF"]}]
    done = await organisations.ask(local, APPROVE, id=node["id"], roles=fewer)
    assert done.data["approveAccessRequest"] == {
        "status": "APPROVED",
        "granted": [{"role": "VIEW", "paymentTypes": ["QOF"]}],
    }
    me = await organisations.ask(STRANGER, "{ me { person { name } roles { role } } }")
    assert me.data["me"] == {"person": {"name": "New Person"}, "roles": [{"role": "VIEW"}]}
    mine = (await organisations.ask(STRANGER, MINE)).data["myAccessRequests"]
    assert mine["edges"][0]["node"]["history"] == [
        {"status": "REQUESTED", "actingFor": None, "reason": "I work there"},
        {"status": "APPROVED", "actingFor": "A99001", "reason": "welcome"},
    ]
    assert sorted(kind for kind, _ in await organisations.told()) == [
        "contact.changed.v1",
        "person.changed.v1",
    ]
    assert (await organisations.ask(local, APPROVE, id=node["id"])).code == "WRONG_STATUS"


async def test_a_request_is_refused_with_a_reason_the_asker_reads(organisations):
    local = await administrator(organisations)
    id_ = await request(organisations)
    assert (await organisations.ask(local, REFUSE, id=id_, reason=" ")).code == "REASON_REQUIRED"
    done = await organisations.ask(local, REFUSE, id=id_, reason="not one of ours")
    assert done.data["refuseAccessRequest"] == {"status": "REFUSED", "answer": "not one of ours"}
    node = (await organisations.ask(STRANGER, MINE)).data["myAccessRequests"]["edges"][0]["node"]
    assert (node["status"], node["answer"]) == ("REFUSED", "not one of ours")
    assert await organisations.told() == []
    assert await organisations.rows("select id from person where subject = $1", STRANGER) == []


async def test_a_request_that_waits_can_be_withdrawn_by_its_asker_alone(organisations):
    id_ = await request(organisations)
    assert (await organisations.ask("another", WITHDRAW, id=id_)).code == "NOT_FOUND"
    done = await organisations.ask(STRANGER, WITHDRAW, id=id_)
    assert done.data["withdrawAccessRequest"] == {"status": "WITHDRAWN"}
    assert (await organisations.ask(STRANGER, WITHDRAW, id=id_)).code == "WRONG_STATUS"


async def test_only_who_looks_after_the_organisation_sees_and_answers_a_request(organisations):
    other = await administrator(organisations, "A99002")
    id_ = await request(organisations)
    before = await nothing_came_of_it(organisations)
    assert (await organisations.ask(other, PENDING)).data["accessRequests"]["totalCount"] == 0
    assert (await organisations.ask(other, APPROVE, id=id_)).code == "NOT_FOUND"
    assert (await organisations.ask(other, REFUSE, id=id_, reason="no")).code == "NOT_FOUND"
    assert await nothing_came_of_it(organisations) == before
    assert (await organisations.ask("other", MINE)).data["myAccessRequests"]["totalCount"] == 0
    above = await organisations.ask(ADMINISTRATOR, APPROVE, id=id_)
    assert above.data["approveAccessRequest"]["status"] == "APPROVED"


async def test_somebody_known_asks_for_one_more_organisation(organisations):
    await organisations.add(somebody("one", A99001=["VIEW"]))
    await organisations.told()
    nowhere = asked("A99002", name="", email="", emailAgain="")
    id_ = (await organisations.ask("one", REQUEST, request=nowhere)).data["requestAccess"]["id"]
    await organisations.ask(ADMINISTRATOR, APPROVE, id=id_)
    links = await organisations.rows(
        "select organisation from person_link join person on id = person_id"
        " where subject = 'one' order by 1"
    )
    assert links == [("A99001",), ("A99002",)]
    (told,) = await organisations.told()
    assert told[0] == "person.changed.v1"
    again = await organisations.ask("one", REQUEST, acting_for="A99001", request=nowhere)
    assert again.code == "LINKED_ALREADY"


WRONG = [
    (asked("A99999"), "ORGANISATION_NOT_KNOWN"),
    (asked(roles=()), "NO_ROLE"),
    (asked(roles=["APPROVAL_MANAGEMENT"]), "ROLE_NOT_HELD_THERE"),
    (asked(roles=["VIEW", "VIEW"]), "ROLE_TWICE"),
    (asked(roles=[{"role": "VIEW", "paymentTypes": ["GOLD"]}]), "PAYMENT_TYPE_NOT_KNOWN"),
    (asked(reason=" "), "REASON_REQUIRED"),
    (asked(reason="x" * 1_001), "TOO_LONG"),
    (asked(name=""), "EMPTY"),
    (asked(email="nonsense", emailAgain="nonsense"), "NOT_A_MAILBOX"),
    (asked(emailAgain="other@mail.example"), "EMAILS_DIFFER"),
    (asked(email="info@a.example", emailAgain="info@a.example"), "SHARED_MAILBOX"),
]


async def test_what_cannot_be_asked_for_is_refused_by_its_code(organisations):
    for given, code in WRONG:
        answer = await organisations.ask(STRANGER, REQUEST, request=given)
        assert answer.code == code, given
    assert await nothing_came_of_it(organisations) == [(0,)]


async def test_a_person_asks_once_for_an_organisation_and_not_without_end(organisations):
    answers = await asyncio.gather(
        *(organisations.ask(STRANGER, REQUEST, request=asked()) for _ in range(3))
    )
    codes = sorted(answer.code if "errors" in answer.body else "done" for answer in answers)
    assert codes == ["REQUEST_OPEN", "REQUEST_OPEN", "done"]
    for code in ("A99002", "A99003", "U99001", "U99002"):
        await request(organisations, organisation=code, roles=["VIEW"])
    flood = asked("98A", roles=["VIEW"])
    assert (await organisations.ask(STRANGER, REQUEST, request=flood)).code == "TOO_MANY_REQUESTS"
    for (id_,) in await organisations.rows("select id from access_request"):
        await organisations.ask(STRANGER, WITHDRAW, id=str(id_))
    for code in ("A99001", "A99002", "A99003", "U99001", "U99002"):
        await request(organisations, organisation=code, roles=["VIEW"])
        ((id_,),) = await organisations.rows(
            "select id from access_request where status = 'REQUESTED'"
        )
        await organisations.ask(STRANGER, WITHDRAW, id=str(id_))
    assert (await organisations.ask(STRANGER, REQUEST, request=flood)).code == "TOO_MANY_REQUESTS"


async def test_nobody_answers_their_own_request_and_roles_bound_who_may(organisations):
    await organisations.add(somebody("board", QQ1=["ADVANCED_USER_ADMINISTRATOR"]))
    await organisations.add(somebody("plain", **{"98A": ["USER_ADMINISTRATOR"]}))
    await organisations.told()
    own = await request(organisations, "board", roles=["VIEW"])
    assert (await organisations.ask("board", APPROVE, id=own)).code == "OWN_REQUEST"
    above = await request(organisations, organisation="98A", roles=["ADVANCED_USER_ADMINISTRATOR"])
    assert (await organisations.ask("plain", APPROVE, id=above)).code == "ROLE_ABOVE_YOURS"
    assert await organisations.told() == []
    waiting = "select count(*) from access_request where status = 'REQUESTED'"
    assert await organisations.rows(waiting) == [(2,)]


async def test_more_than_was_asked_for_is_not_granted(organisations):
    id_ = await request(organisations, roles=[{"role": "VIEW", "paymentTypes": ["QOF"]}])
    for role in (
        {"role": "VIEW"},
        {"role": "VIEW", "paymentTypes": ["NCD"]},
        {"role": "SERVICE_MANAGEMENT"},
    ):
        answer = await organisations.ask(ADMINISTRATOR, APPROVE, id=id_, roles=[role])
        assert answer.code == "ROLE_NOT_REQUESTED"
    assert (await organisations.ask(ADMINISTRATOR, APPROVE, id=id_, roles=[])).code == "NO_ROLE"
    assert await organisations.told() == []


async def test_whoever_is_not_known_may_ask_for_access_and_nothing_else(organisations):
    """The documents of the matrix, as somebody with a valid token that nobody is known by."""
    let_in = set()
    for operation, line in MATRIX.items():
        answer = await organisations.ask(STRANGER, line.document)
        if "errors" not in answer.body or answer.status != 403:
            let_in.add(operation.partition(".")[2])
        else:
            assert answer.code == "PERSON_NOT_KNOWN"
    assert let_in == service("organisations").strangers.fields


async def test_no_fragment_or_second_field_slips_by(organisations):
    for document in (
        "{ ...More } fragment More on Query { me { roles { role } } }",
        '{ myAccessRequests { totalCount } organisation(odsCode: "A99001") { name } }',
        "query A { myAccessRequests { totalCount } } query B { me { roles { role } } }",
    ):
        answer = await organisations.ask(STRANGER, document)
        assert (answer.status, answer.code) == (403, "PERSON_NOT_KNOWN")


async def test_who_is_disabled_asks_for_nothing(organisations):
    answer = await organisations.add(somebody("one", A99001=["VIEW"]))
    (id_,) = answer.data["addPeople"]["done"]
    disable = 'mutation($id: ID!) { disablePerson(id: $id, reason: "left") { status } }'
    await organisations.ask(ADMINISTRATOR, disable, id=id_)
    assert (await organisations.ask("one", REQUEST, request=asked("A99002"))).code == (
        "PERSON_DISABLED"
    )


async def invite(organisations, by, email="new.person@mail.example", **options):
    given = {"name": "New Person", "email": email, "again": email, "at": "A99001"}
    return await organisations.ask(by, INVITE, **(given | {"roles": [{"role": "VIEW"}]} | options))


async def test_who_is_invited_accepts_with_a_token_of_their_own_and_is_told_of_then(organisations):
    local = await administrator(organisations)
    invited = (await invite(organisations, local)).data["invitePerson"]
    assert invited["person"]["status"] == "INVITED"
    assert await organisations.told() == []
    assert (await organisations.ask("fresh", "{ me { roles { role } } }")).code == (
        "PERSON_NOT_KNOWN"
    )

    accepted = await organisations.ask("fresh", ACCEPT, code=invited["code"])
    assert accepted.data["acceptInvitation"] == invited["person"]["id"]
    me = await organisations.ask(
        "fresh", "{ me { person { status history { change } } roles { role } } }"
    )
    assert me.data["me"]["roles"] == [{"role": "VIEW"}]
    assert me.data["me"]["person"]["status"] == "ACTIVE"
    changes = [entry["change"] for entry in me.data["me"]["person"]["history"]]
    assert changes == ["INVITED", "LINKED", "ROLE_GRANTED", "INVITATION_ACCEPTED"]
    ((payload,),) = await organisations.rows(
        "select payload from chassis.outbox where type = 'person.changed.v1'"
    )
    assert [(one["change"], one["role"]) for one in payload["changes"]] == [
        ("INVITATION_ACCEPTED", None),
        ("LINKED", None),
        ("ROLE_GRANTED", "VIEW"),
    ]
    assert len(await organisations.told()) == 2
    again = await organisations.ask("second", ACCEPT, code=invited["code"])
    assert again.code == "INVITATION_NOT_FOUND"


async def test_a_code_is_shown_once_and_void_once_renewed_or_expired(organisations):
    first = (await invite(organisations, ADMINISTRATOR, key="once")).data["invitePerson"]
    again = (await invite(organisations, ADMINISTRATOR, key="once")).data["invitePerson"]
    assert (again["person"]["id"], again["code"]) == (first["person"]["id"], None)
    renew = "mutation($id: ID!) { renewInvitation(id: $id) { code } }"
    renewed = await organisations.ask(ADMINISTRATOR, renew, id=first["person"]["id"])
    code = renewed.data["renewInvitation"]["code"]
    assert (await organisations.ask("fresh", ACCEPT, code=first["code"])).code == (
        "INVITATION_NOT_FOUND"
    )
    async with organisations.database.transaction() as tx:
        await tx.execute("update invitation set expires_at = '2020-01-01'")
    assert (await organisations.ask("fresh", ACCEPT, code=code)).code == "INVITATION_EXPIRED"
    assert await organisations.told() == []


async def test_who_is_known_already_does_not_become_somebody_else(organisations):
    await organisations.add(somebody("one", A99002=["VIEW"]))
    invited = (await invite(organisations, ADMINISTRATOR)).data["invitePerson"]
    assert (await organisations.ask("one", ACCEPT, code=invited["code"])).code == "SUBJECT_IN_USE"


NOT_INVITED = [
    ({"again": "x@mail.example"}, "EMAILS_DIFFER"),
    ({"email": "reception@surgery.example"}, "SHARED_MAILBOX"),
    ({"email": "a99001@nhs.example"}, "SHARED_MAILBOX"),
    ({"email": "surgery.99001@nhs.example"}, "SHARED_MAILBOX"),
    ({"email": "no mailbox"}, "NOT_A_MAILBOX"),
    ({"email": "data-load.eng@england.example"}, "EMAIL_IN_USE"),
    ({"name": " "}, "EMPTY"),
    ({"name": "x" * 201}, "TOO_LONG"),
    ({"at": "A99999"}, "ORGANISATION_NOT_KNOWN"),
    ({"roles": [{"role": "APPROVAL_MANAGEMENT"}]}, "ROLE_NOT_HELD_THERE"),
    ({"roles": [{"role": "VIEW", "paymentTypes": ["GOLD"]}]}, "PAYMENT_TYPE_NOT_KNOWN"),
]


async def test_who_cannot_be_invited_is_refused_by_code(organisations):
    for options, code in NOT_INVITED:
        twice = {"again": options["email"]} if "email" in options else {}
        answer = await invite(organisations, ADMINISTRATOR, **(twice | options))
        assert answer.code == code, options
    assert await organisations.told() == []
    assert await organisations.rows("select * from invitation") == []


async def test_a_user_administrator_invites_to_their_own_organisation_alone(organisations):
    local = await administrator(organisations)
    assert (await invite(organisations, local, at="A99002")).code == "NOT_YOUR_ORGANISATION"


async def test_an_invited_person_who_was_disabled_is_invited_again(organisations):
    invited = (await invite(organisations, ADMINISTRATOR)).data["invitePerson"]
    id_ = invited["person"]["id"]
    off = 'mutation($id: ID!) { disablePerson(id: $id, reason: "a slip") { status } }'
    on = 'mutation($id: ID!) { enablePerson(id: $id, reason: "no slip") { status } }'
    assert (await organisations.ask(ADMINISTRATOR, off, id=id_)).data["disablePerson"] == {
        "status": "DISABLED"
    }
    refused = await organisations.ask("fresh", ACCEPT, code=invited["code"])
    assert refused.code == "INVITATION_NOT_FOUND"
    assert (await organisations.ask(ADMINISTRATOR, on, id=id_)).data["enablePerson"] == {
        "status": "INVITED"
    }
    await organisations.ask("fresh", ACCEPT, code=invited["code"])
    me = await organisations.ask("fresh", "{ me { person { status } } }")
    assert me.data["me"]["person"]["status"] == "ACTIVE"
