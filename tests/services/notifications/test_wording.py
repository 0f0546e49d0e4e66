"""What messages say, word by word."""

from datetime import date

import pytest

from services.notifications.messages.domain import NOTICES
from services.notifications.messages.wording import Facts, body, subject

FACTS = Facts(
    service="QOF 2025/26",
    count=1,
    provider="The Surgery",
    commissioner="The ICB",
    due_on=None,
    effective_on=None,
    reason=None,
    names=["The Network", "JOIN"],
)
TOLD = sorted(
    name.upper().replace(".", "_").replace("-", "_") for name, notices in NOTICES.items() if notices
)


PROPOSED = (
    "The Network proposes that The Surgery joins it, from 1 July 2026: it moved. "
    "Confirm or refuse it."
)


def facts(**others) -> Facts:
    return Facts(**{name: getattr(FACTS, name) for name in Facts.__slots__} | others)


@pytest.mark.parametrize("code", TOLD)
@pytest.mark.parametrize("count", [1, 14])
def test_everything_that_is_told_has_words_with_nothing_missing(code, count):
    said = f"{subject(code, facts(count=count))} {body(code, facts(count=count))}"
    assert "None" not in said
    assert "{" not in said


@pytest.mark.parametrize(
    ("code", "others", "said"),
    [
        (
            "MEMBERSHIP_PROPOSED",
            {"effective_on": date(2026, 7, 1), "reason": "it moved"},
            PROPOSED,
        ),
        (
            "MEMBERSHIP_STARTED",
            {"effective_on": date(2026, 7, 1)},
            "The Surgery joined The Network, from 1 July 2026.",
        ),
        ("MEMBERSHIP_STARTED", {"count": 14}, "14 providers joined their network."),
        (
            "MEMBERSHIP_ENDED",
            {"effective_on": date(2026, 6, 30)},
            "The Surgery left The Network, after 30 June 2026.",
        ),
        (
            "PERSON_LINKED",
            {"names": ["SERVICE_MANAGEMENT", "PCN_VIEW"]},
            "You can act for The Surgery now, as Service Management, PCN View.",
        ),
        ("PERSON_LINKED", {"names": []}, "You can act for The Surgery now."),
        ("PERSON_ROLE_GRANTED", {"names": ["VIEW"]}, "You were given at The Surgery: View."),
        (
            "DECLARATION_REMINDED_TO_DECLARE",
            {"count": 3, "due_on": date(2026, 7, 3)},
            (
                "The ICB reminds you: QOF 2025/26 waits for 3 providers to declare it. "
                "Declare it, by 3 July 2026."
            ),
        ),
        ("CLAIM_REJECTED", {"reason": "No evidence"}, None),
    ],
)
def test_the_words_are_those_people_use(code, others, said):
    wording = body(code, facts(**others))
    expected = said or "The claim of The Surgery under QOF 2025/26 was rejected: No evidence."
    assert wording == expected
