"""Payees, Clinical Directors, network agreements and successions: who may say so, and from when."""

from datetime import date

import pytest

from services.organisations.network import store as network
from tests.services.organisations.conftest import ADMINISTRATOR, DATA_LOAD, somebody

COMMISSIONER, NETWORK, ELSEWHERE = "commissioner.98a", "ncm.u99002", "commissioner.98b"

PAYEE = """
mutation ($payee: OrganisationPayeeInput!, $reason: String, $key: String) {
  namePayee(payee: $payee, reason: $reason, idempotencyKey: $key) {
    payees { payee { odsCode } validFrom validTo }
  }
}
"""
DIRECTOR = """
mutation ($it: OrganisationClinicalDirectorInput!) {
  nameClinicalDirector(clinicalDirector: $it) {
    clinicalDirector(on: "2026-06-01") { title person { name } validFrom validTo }
  }
}
"""
AGREEMENT = """
mutation ($it: OrganisationNetworkAgreementInput!, $reason: String) {
  recordNetworkAgreement(agreement: $it, reason: $reason) {
    networkAgreement(on: "2026-06-01") { reference signedOn validFrom validTo }
    history(first: 1) { edges { node { version by { name } actingForCode reason
      changes { what before after } } } }
  }
}
"""
SUCCESSION = """
mutation ($successor: OdsCode!, $predecessor: OdsCode!, $since: Date!) {
  recordSuccession(
    successor: $successor, predecessor: $predecessor, since: $since, reason: "merged"
  ) { predecessors { since organisation { odsCode } } }
}
"""
WITHDRAWAL = """
mutation ($successor: OdsCode!, $predecessor: OdsCode!) {
  withdrawSuccession(successor: $successor, predecessor: $predecessor, reason: "a mistake") {
    predecessors { since }
  }
}
"""


@pytest.fixture
async def directory(organisations):
    added = await organisations.add(
        somebody(COMMISSIONER, **{"98A": ["ORGANISATION_ADMINISTRATOR", "FINANCE_VIEW"]}),
        somebody(ELSEWHERE, **{"98B": ["ORGANISATION_ADMINISTRATOR"]}),
        somebody(NETWORK, U99002=["PCN_MANAGEMENT"]),
        somebody("partner.a99002", A99002=["VIEW"]),
        somebody("stranger", A99001=["VIEW"]),
    )
    assert added.data["addPeople"]["refused"] == []
    await organisations.told()
    return organisations


def named(payee, first, last=None, organisation="A99001"):
    one = {"organisation": organisation, "payee": payee, "validFrom": first}
    return one | ({"validTo": last} if last else {})


async def payees(directory, payee, by=COMMISSIONER, **options):
    answer = await directory.ask(by, PAYEE, payee=payee, **options)
    shown = answer.data["namePayee"]["payees"]
    return [(one["payee"]["odsCode"], one["validFrom"], one["validTo"]) for one in shown]


async def test_a_payee_holds_on_its_days_and_what_held_there_before_is_kept_around_it(directory):
    assert await payees(directory, named("A99002", "2025-04-01")) == [
        ("A99002", "2025-04-01", None)
    ]
    assert await payees(directory, named("A99003", "2026-04-01", "2026-09-30")) == [
        ("A99002", "2025-04-01", "2026-03-31"),
        ("A99003", "2026-04-01", "2026-09-30"),
        ("A99002", "2026-10-01", None),
    ]
    assert await payees(directory, named(None, "2025-04-01"), by=DATA_LOAD) == []
    assert await directory.told() == [("organisation.changed.v1", "A99001")] * 3
    kept = await directory.rows(
        "select payee, valid_from::text, valid_to::text from payee where known_to is not null"
        " order by payee, valid_from, known_from"
    )
    assert ("A99002", "2025-04-01", None) in kept
    assert len(kept) == 4


async def test_a_payee_that_is_known_already_changes_nothing_and_is_told_once(directory):
    for _ in range(2):
        await payees(directory, named("A99002", "2025-04-01"))
    assert await directory.told() == [("organisation.changed.v1", "A99001")]


async def test_the_same_key_names_a_payee_once(directory):
    for _ in range(2):
        await payees(directory, named("A99002", "2025-04-01"), key="one")
    other = await directory.ask(COMMISSIONER, PAYEE, payee=named("A99003", "2025-04-01"), key="one")
    assert other.code == "KEY_REUSED"
    assert await directory.told() == [("organisation.changed.v1", "A99001")]


@pytest.mark.parametrize(
    ("by", "payee", "code"),
    [
        (NETWORK, named("A99002", "2026-04-01"), "ROLE_REQUIRED"),
        (ELSEWHERE, named("A99002", "2026-04-01"), "NOT_COMMISSIONED"),
        (COMMISSIONER, named("A99002", "2026-04-01", "2026-03-31"), "DATES_OUT_OF_ORDER"),
        (COMMISSIONER, named("B00001", "2026-04-01"), "PAYEE_NOT_KNOWN"),
        (COMMISSIONER, named("A99002", "2026-04-01", organisation="B00001"), "NOT_FOUND"),
        (COMMISSIONER, named("A99002", "2026-04-01", organisation="98A"), "WRONG_KIND"),
    ],
)
async def test_a_refused_payee_leaves_no_row_and_no_event(directory, by, payee, code):
    assert (await directory.ask(by, PAYEE, payee=payee)).code == code
    assert await directory.rows("select * from payee") == []
    assert await directory.told() == []


async def test_a_closed_organisation_is_paid_for_no_day_after_its_last(directory):
    async with directory.database.transaction() as tx:
        await tx.execute("update organisation set closed_on = '2026-03-31' where ods_code='A99002'")
    refused = await directory.ask(COMMISSIONER, PAYEE, payee=named("A99002", "2025-04-01"))
    assert refused.code == "PAYEE_CLOSED"
    until = named("A99002", "2025-04-01", "2026-03-31")
    assert len(await payees(directory, until)) == 1


def director(first="2026-04-01", **who):
    return {"organisation": "U99002", "validFrom": first} | who


async def direct(directory, it, by=NETWORK):
    answer = await directory.ask(by, DIRECTOR, it=it)
    return answer.data["nameClinicalDirector"]["clinicalDirector"]


async def person_id(directory, subject):
    ((found,),) = await directory.rows("select id::text from person where subject = $1", subject)
    return found


async def test_a_clinical_director_is_a_person_of_the_network_or_a_named_role(directory):
    partner = await person_id(directory, "partner.a99002")
    it = await direct(directory, director(person=partner))
    assert it["title"] is None
    assert it["person"] == {"name": "Somebody, partner.a99002"}
    it = await direct(directory, director(first="2026-05-01", title=" Two partners in turn "))
    assert (it["title"], it["person"]) == ("Two partners in turn", None)
    assert it["validFrom"] == "2026-05-01"
    assert await direct(directory, director()) is None
    assert await directory.told() == [("organisation.changed.v1", "U99002")] * 3


async def test_no_event_says_who_a_clinical_director_is(directory):
    partner = await person_id(directory, "partner.a99002")
    await direct(directory, director(person=partner))
    ((told,),) = await directory.rows("select payload::text from chassis.outbox")
    assert partner not in told
    assert "director" not in told


async def test_a_director_who_is_nobodys_both_or_out_of_reach_is_refused(directory):
    stranger = await person_id(directory, "stranger")
    partner = await person_id(directory, "partner.a99002")
    async with directory.database.transaction() as tx:
        await tx.execute(
            "update relationship set known_to = now() where source = 'A99001' and target = 'U99002'"
        )
    for by, it, code in (
        (NETWORK, director(person=stranger), "PERSON_NOT_FOUND"),
        (NETWORK, director(person=partner, title="Both"), "PERSON_OR_TITLE"),
        (NETWORK, director(title="x" * 201), "TOO_LONG"),
        (NETWORK, director(title="Other") | {"organisation": "U99001"}, "NOT_COMMISSIONED"),
        (NETWORK, director(title="Other") | {"organisation": "A99002"}, "WRONG_KIND"),
        (ELSEWHERE, director(title="Other"), "NOT_COMMISSIONED"),
        (DATA_LOAD, director(title="Other"), "ROLE_REQUIRED"),
    ):
        assert (await directory.ask(by, DIRECTOR, it=it)).code == code
    assert await directory.rows("select * from clinical_director") == []
    assert await directory.told() == []


async def test_an_agreement_stands_for_its_days_and_history_says_who_recorded_it_and_why(directory):
    it = {"organisation": "U99002", "reference": "NCD/1", "validFrom": "2026-04-01"}
    signed = it | {"signedOn": "2026-03-20", "validTo": "2027-03-31"}
    answer = await directory.ask(COMMISSIONER, AGREEMENT, it=signed, reason="Year seven")
    shown = answer.data["recordNetworkAgreement"]
    assert shown["networkAgreement"] == {
        "reference": "NCD/1",
        "signedOn": "2026-03-20",
        "validFrom": "2026-04-01",
        "validTo": "2027-03-31",
    }
    (entry,) = [edge["node"] for edge in shown["history"]["edges"]]
    assert entry == {
        "version": 2,
        "by": {"name": f"Somebody, {COMMISSIONER}"},
        "actingForCode": "98A",
        "reason": "Year seven",
        "changes": [
            {
                "what": "NETWORK_AGREEMENT",
                "before": None,
                "after": "NCD/1, signed 2026-03-20, 2026-04-01 to 2027-03-31",
            }
        ],
    }
    assert (await directory.ask(COMMISSIONER, AGREEMENT, it=it)).code == "AGREEMENT_INCOMPLETE"
    assert (await directory.ask(NETWORK, AGREEMENT, it=signed)).code == "ROLE_REQUIRED"
    assert (await directory.ask(ELSEWHERE, AGREEMENT, it=signed)).code == "NOT_COMMISSIONED"


async def test_a_history_shows_payees_to_those_who_see_pounds_alone(directory):
    """And reasons to those who see the organisation at all."""
    await payees(directory, named("A99002", "2025-04-01"), reason="They share a bank account")
    history = """{ organisation(odsCode: "A99001") {
      history(first: 1) { edges { node { reason changes { what } } } } } }"""
    for by, seen, reason in (
        (COMMISSIONER, [{"what": "PAYEE"}], "They share a bank account"),
        (ELSEWHERE, [], None),
    ):
        shown = (await directory.ask(by, history)).data["organisation"]["history"]
        assert shown["edges"][0]["node"] == {"reason": reason, "changes": seen}


def heir(successor="A99002", predecessor="A99001", **since):
    return {"successor": successor, "predecessor": predecessor} | since


MERGED = {"since": "2026-04-01"}


async def test_practices_that_merged_are_one_line_until_that_is_taken_back(directory):
    answer = await directory.ask(DATA_LOAD, SUCCESSION, **heir(**MERGED))
    assert answer.data["recordSuccession"]["predecessors"] == [
        MERGED | {"organisation": {"odsCode": "A99001"}}
    ]
    seen = "select provider from directory.scope('A99002', $1) where provider = 'A99001'"
    assert await directory.rows(seen, date(2026, 3, 31)) == []
    assert await directory.rows(seen, date(2026, 4, 1)) == [("A99001",)]
    back = await directory.ask(DATA_LOAD, WITHDRAWAL, **heir())
    assert back.data["withdrawSuccession"]["predecessors"] == []
    assert await directory.rows(seen, date(2026, 4, 1)) == []
    assert await directory.told() == [("organisation.changed.v1", "A99002")] * 2
    assert (await directory.ask(DATA_LOAD, WITHDRAWAL, **heir())).code == "NOT_FOUND"


async def test_nobody_takes_over_twice_in_a_circle_or_from_another_kind(directory):
    await directory.ask(DATA_LOAD, SUCCESSION, **heir(**MERGED))
    await directory.told()
    for by, given, code in (
        (DATA_LOAD, heir(), "SUCCESSION_KNOWN"),
        (DATA_LOAD, heir("A99001", "A99002"), "SUCCESSION_CIRCULAR"),
        (DATA_LOAD, heir("A99001", "A99001"), "SUCCESSION_CIRCULAR"),
        (DATA_LOAD, heir("A99002", "U99001"), "WRONG_KIND"),
        (DATA_LOAD, heir("A99002", "B00001"), "NOT_FOUND"),
        (ADMINISTRATOR, heir(), "ROLE_REQUIRED"),
        (COMMISSIONER, heir(), "ROLE_REQUIRED"),
    ):
        assert (await directory.ask(by, SUCCESSION, **given, **MERGED)).code == code
    assert await directory.told() == []


async def test_while_an_import_runs_a_succession_is_to_be_tried_again(directory):
    async with directory.database.transaction() as tx:
        await network.alone(tx)
        for change, given in ((SUCCESSION, heir(**MERGED)), (WITHDRAWAL, heir())):
            assert (await directory.ask(DATA_LOAD, change, **given)).code == "TRY_AGAIN"
    assert await directory.told() == []
    assert (await directory.ask(DATA_LOAD, SUCCESSION, **heir(**MERGED))).data
