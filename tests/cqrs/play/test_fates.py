from cqrs.play.messages import MESSAGE, TASK, Told, everyone
from cqrs.play.offers import Fates

_PRACTICES = [f"A8{number:04d}" for number in range(150)]


def test_every_practice_has_one_fate_and_two_of_them_are_taken_back() -> None:
    fates = Fates.drawn(_PRACTICES, 1, "QC3")
    answered = [*fates.accepting, *fates.rejecting, *fates.withdrawn]
    assert sorted(answered) == _PRACTICES
    assert (len(fates.rejecting), len(fates.withdrawn), len(fates.cancelled)) == (3, 1, 1)
    assert set(fates.participating) == set(fates.accepting) - set(fates.cancelled)


def test_the_same_seed_gives_the_same_fates() -> None:
    assert Fates.drawn(_PRACTICES, 1, "QC3") == Fates.drawn(_PRACTICES, 1, "QC3")
    assert Fates.drawn(_PRACTICES, 1, "QC3") != Fates.drawn(_PRACTICES, 2, "QC3")


def test_everyone_whom_the_domain_names_is_looked_for() -> None:
    fates = Fates.drawn(_PRACTICES, 1, "QC3")
    told = everyone("QC3", fates)
    of = {(each.kind, each.of) for each in told}
    assert (MESSAGE, "OFFER_REJECTED") in of
    assert (TASK, "OFFER_ACCEPTED") not in of
    for practice in fates.participating:
        assert Told("Declaration Management", practice, TASK, "DECLARATION_CALCULATED") in told
