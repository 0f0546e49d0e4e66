"""The counts of DOMAIN.md 1.5 and 4.4."""

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from statistics import mean, median

import pytest

from cqrs.england.england import England
from cqrs.england.hierarchy import DEFAULT_ICB
from cqrs.england.land import Land

TODAY = date(2026, 1, 1)


@pytest.fixture
def networks(land: Land) -> Counter[str]:
    open_now = {each.code for each in land.open_practices(TODAY)}
    return Counter(pcn for code, pcn in land.members(TODAY).items() if code in open_now)


def test_the_hierarchy_has_the_real_counts(land):
    assert (len(land.regions), len(land.icbs), len(land.sub_icbs)) == (7, 42, 106)


def test_open_practices_are_about_6300_and_closed_ones_stay_listed(land):
    assert 6_200 <= len(land.open_practices(TODAY)) <= 6_400
    assert len([each for each in land.practices if each.closed]) > 1_500


def test_networks_have_the_real_number_and_sizes(land, networks):
    assert len(networks) == 1_275 == len([each for each in land.pcns if not each.closed])
    assert mean(networks.values()) == pytest.approx(4.87, abs=0.01)
    assert median(networks.values()) == 4
    assert max(networks.values()) == 31
    assert list(networks.values()).count(1) == 72


def test_few_practices_are_in_no_network(land):
    members = land.members(TODAY)
    alone = [each for each in land.open_practices(TODAY) if each.code not in members]
    assert 54 <= len(alone) <= 101


def test_nine_networks_span_several_sub_icbs_of_one_icb(land):
    subs: dict[str, set[str]] = {}
    for practice, pcn in land.members(TODAY).items():
        subs.setdefault(pcn, set()).add(land.practice[practice].sub_icb)
    spanning = {pcn: found for pcn, found in subs.items() if len(found) > 1}
    assert len(spanning) == 9
    assert all(len({land.icb_of[sub].code for sub in found}) == 1 for found in spanning.values())


def test_list_sizes_have_the_national_mean_and_a_long_tail(land):
    first = date(2025, 1, 1)
    sizes = sorted(each.lists[first] for each in land.practices if first in each.lists)
    assert mean(sizes) == pytest.approx(10_184, abs=5)
    assert sizes[len(sizes) // 100] < 2_600
    assert sizes[-len(sizes) // 100] > 28_000


def test_the_latest_file_lacks_a_few_practices_that_earlier_ones_have(land):
    lacking = [each for each in land.open_practices(TODAY) if TODAY not in each.lists]
    assert 5 <= len(lacking) <= 60
    assert all(each.lists for each in lacking)


def test_practices_move_and_close_at_the_real_yearly_rate(land):
    moves, seen = Counter[int](), set()
    for each in land.memberships:
        if each.practice in seen:
            moves[_year(each.start)] += 1
        seen.add(each.practice)
    assert all(85 <= moves[year] <= 339 for year in range(2020, 2026))
    closed = Counter(_year(each.closed) for each in land.practices if each.closed)
    assert all(70 <= closed[year] <= 190 for year in range(2013, 2026))


def test_exactly_one_pair_of_memberships_overlaps_and_by_a_day(land):
    chains: dict[str, list] = {}
    for each in land.memberships:
        chains.setdefault(each.practice, []).append(each)
    overlaps = [
        (one, other)
        for chain in chains.values()
        for one, other in pairwise(chain)
        if one.end is None or one.end >= other.start
    ]
    assert [one.end == other.start for one, other in overlaps] == [True]
    (one, _), *_ = overlaps
    assert land.icb_of[land.practice[one.practice].sub_icb].code == DEFAULT_ICB


def test_a_membership_lies_within_the_life_of_its_practice_and_its_network(land):
    for each in land.memberships:
        practice, pcn = land.practice[each.practice], land.pcn[each.pcn]
        assert each.start >= max(practice.opened, pcn.opened)
        assert each.end is None or each.end >= each.start - timedelta(1)
        for closed in (practice.closed, pcn.closed):
            assert closed is None or (each.end is not None and each.end <= closed)


@pytest.mark.parametrize("seed", [1, 2025])
def test_every_code_is_valid_and_given_once(seed):
    land = England(seed).whole
    patterns = {
        r"[A-Z]\d{5}": [each.code for each in (*land.practices, *land.elsewhere)],
        r"U\d{5}": [each.code for each in land.pcns],
        r"\d{2}[A-Z]|[A-Z]\d[A-Z]\d[A-Z]": [each.code for each in land.sub_icbs],
        r"Q[A-Z0-9]{2}": [each.code for each in (*land.icbs, *(m.icb for m in land.mergers))],
        r"Y\d{2}": [each.code for each in land.regions],
    }
    for pattern, codes in patterns.items():
        assert len(codes) == len(set(codes))
        assert all(re.fullmatch(pattern, code) for code in codes)


def test_six_mergers_leave_36_icbs_and_the_default_one_untouched(land):
    assert len(land.merged().icbs) == 36
    assert DEFAULT_ICB in {each.code for each in land.merged().icbs}
    regions = {each.code: each.region for each in land.icbs}
    for each in land.mergers:
        assert {regions[part] for part in each.parts} == {each.icb.region}


@pytest.mark.parametrize("seed", [1, 2025])
def test_the_default_icb_has_about_150_practices_some_of_which_change(seed):
    land = England(seed).icb()
    assert 140 <= len(land.open_practices(TODAY)) <= 165
    assert (len(land.icbs), len(land.regions), len(land.sub_icbs)) == (1, 1, 4)
    assert len([each for each in land.practices if each.closed and each.closed.year == 2025]) >= 2
    assert {each.pcn for each in land.memberships} <= {each.code for each in land.pcns}
    assert not land.mergers


def _year(day: date) -> int:
    return day.year - (day.month < 4)
