"""Everybody's own preferences, over HTTP."""

import pytest

from nhs.roles import Role

P, SERVICE = "A99001", Role.SERVICE_MANAGEMENT
ALL = "preferences { kind choice chosenAt } changes { kind before after byLink }"
ASK = f"{{ found: emailPreferences {{ {ALL} }} }}"
SET = f"""
mutation ($choices: [EmailPreferenceInput!]!, $key: String) {{
  found: setEmailPreferences(choices: $choices, idempotencyKey: $key) {{ {ALL} }}
}}
"""


async def _set(served, *choices, key=None):
    asked = [{"kind": kind, "choice": choice} for kind, choice in choices]
    return await served.ask(SERVICE, P, SET, choices=asked, key=key)


def _choices(answer):
    return {one["kind"]: one["choice"] for one in answer.data["found"]["preferences"]}


async def _rows(served):
    async with served.centre.database.reader() as reader:
        return await reader.fetchval("select count(*) from email_preference_change")


async def test_who_has_chosen_nothing_sees_the_defaults(served):
    found = (await served.ask(SERVICE, P, ASK)).data["found"]
    assert {"kind": "OFFERS", "choice": "DAILY", "chosenAt": None} in found["preferences"]
    assert found["changes"] == []


async def test_what_is_chosen_holds_and_what_it_was_is_kept(served):
    await _set(served, ("OFFERS", "AT_ONCE"), ("PAYMENTS", "NEVER"))
    answer = await _set(served, ("OFFERS", "NEVER"), ("PAYMENTS", "NEVER"))
    chosen = _choices(answer)
    assert (chosen["OFFERS"], chosen["PAYMENTS"], chosen["CLAIMS"]) == ("NEVER", "NEVER", "DAILY")
    [latest, *_] = answer.data["found"]["changes"]
    assert latest == {"kind": "OFFERS", "before": "AT_ONCE", "after": "NEVER", "byLink": False}
    assert await _rows(served) == 3  # what stayed as it was is no change


async def test_nobody_elses_are_seen_or_changed(served):
    await _set(served, ("OFFERS", "NEVER"))
    assert _choices(await served.ask(Role.VIEW, P, ASK))["OFFERS"] == "DAILY"


async def test_a_key_sent_again_changes_nothing_more(served):
    await _set(served, ("OFFERS", "NEVER"), key="k")
    await _set(served, ("OFFERS", "DAILY"))
    await _set(served, ("OFFERS", "NEVER"), key="k")
    assert _choices(await served.ask(SERVICE, P, ASK))["OFFERS"] == "DAILY"
    assert (await _set(served, ("OFFERS", "AT_ONCE"), key="k")).code == "KEY_REUSED"


@pytest.mark.parametrize(
    ("choices", "code"),
    [([], "NOTHING_CHOSEN"), ([("ACCEPTANCES", "AT_ONCE")], "CHOICE_NOT_OFFERED")],
)
async def test_what_cannot_be_chosen_is_refused_and_leaves_nothing(served, choices, code):
    assert (await _set(served, *choices)).code == code
    assert await _rows(served) == 0
    assert await served.centre.events() == []
