"""Situations are told as finely as enough people share them, and no finer."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid4

import pytest

from storage.situations import TOP, Situation, into_groups, smallest_group

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def told(team: str = "Nord", reason: str = "invoice", channel: str = "phone") -> Situation:
    return Situation(MARCH, team=team, reason=reason, channel=channel, language="sv")


def strangers(sizes: Mapping[Situation, int]) -> dict[Situation, set[UUID]]:
    return {situation: {uuid4() for _ in range(size)} for situation, size in sizes.items()}


def test_a_situation_that_enough_share_is_told_as_it_is() -> None:
    assert into_groups(strangers({told(): 5}), smallest=5) == {told(): told()}


def test_too_few_give_up_facts_until_they_find_company() -> None:
    sizes = {told(reason="invoice"): 3, told(reason="delivery"): 2}

    found = into_groups(strangers(sizes), smallest=5)

    nord = Situation(MARCH, rung=3, team="Nord")
    assert found == {told(reason="invoice"): nord, told(reason="delivery"): nord}


def test_who_finds_no_company_in_the_whole_month_is_in_no_group() -> None:
    sizes = {told(): 4, Situation(APRIL, team="Syd"): 6}

    assert into_groups(strangers(sizes), smallest=5) == {
        Situation(APRIL, team="Syd"): Situation(APRIL, team="Syd")
    }


def test_those_who_can_wait_give_up_nothing_yet() -> None:
    sizes = {told(reason="invoice"): 3, told(reason="delivery"): 2}

    assert into_groups(strangers(sizes), smallest=5, patient=set(sizes)) == {}


def test_who_answered_in_two_situations_is_one_person_where_these_come_together() -> None:
    ann, *others = (uuid4() for _ in range(5))
    people = {told(reason="invoice"): {ann, *others[:2]}, told(reason="delivery"): {ann, others[2]}}

    assert into_groups(people, smallest=5) == {}

    people[told(reason="delivery")].add(others[3])
    assert set(into_groups(people, smallest=5)) == set(people)


@pytest.mark.parametrize("seed", range(30))
def test_every_group_is_large_enough_and_says_nothing_untrue(seed: int) -> None:
    chance = random.Random(seed)
    smallest = chance.choice([1, 2, 5, 9])
    sizes = {
        Situation(
            chance.choice([MARCH, APRIL]),
            team=chance.choice("ABC"),
            reason=chance.choice("xyz"),
            channel=chance.choice(["phone", ""]),
            language=chance.choice(["sv", "fi"]),
        ): chance.randrange(1, 8)
        for _ in range(chance.randrange(1, 40))
    }

    found = into_groups(strangers(sizes), smallest=smallest)

    together: Counter[Situation] = Counter()
    for situation, place in found.items():
        together[place] += sizes[situation]
        climbed = situation
        while climbed.rung < place.rung:
            climbed = climbed.with_one_fact_less()
        assert climbed == place
    assert all(size >= smallest for size in together.values())
    for month in (MARCH, APRIL):
        alone = [one for one in sizes if one not in found and one.month == month]
        assert sum(sizes[one] for one in alone) < smallest


def test_the_top_of_the_ladder_names_a_month_alone() -> None:
    situation = told()
    for _ in range(TOP):
        situation = situation.with_one_fact_less()

    assert situation == Situation(MARCH, rung=TOP)


def test_no_organisation_can_ask_for_groups_of_fewer_than_five() -> None:
    assert smallest_group({}) == smallest_group({"smallest_group": 1}) == 5
    assert smallest_group({"smallest_group": 12}) == 12
