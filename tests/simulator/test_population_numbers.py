"""Everybody has a number of their own, which is nobody's in the real world, and leads back."""

import phonenumbers
import pytest
from phonenumbers import carrier

from simulator.population_numbers import LARGEST_POPULATION, index_of, locale_of, number_of
from simulator.server import OWN_NUMBER

SOME = (*range(3000), *range(3000, LARGEST_POPULATION, 9973), LARGEST_POPULATION - 1)


def test_every_number_leads_back_to_its_person_and_to_no_other() -> None:
    numbers = {number_of(index): index for index in SOME}

    assert len(numbers) == len(set(SOME))
    assert all(index_of(number) == index for number, index in numbers.items())


def test_every_number_has_a_form_that_the_service_accepts() -> None:
    for index in SOME:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number_of(index))), index


def test_no_number_is_in_a_block_that_an_operator_has() -> None:
    fiction = ("+4670174", "+46313900", "+46406280", "+46980319")

    for index in SOME:
        number = number_of(index)
        if not number.startswith(fiction):
            assert carrier.name_for_number(phonenumbers.parse(number), "en") == "", number


def test_the_first_swedes_have_numbers_kept_for_fiction_and_lab_and_service_keep_theirs() -> None:
    swedes = [number_of(index) for index in range(60) if locale_of(index) == "sv"]

    assert all("+46701740610" <= number <= "+46701740699" for number in swedes)
    assert index_of("+46701740605") is None
    assert index_of(OWN_NUMBER) is None


@pytest.mark.parametrize(
    "number", ["", "+", "46701740610", "+4670174061x", "+46812345678", "+٤٦٧٠١٧٤٠٦١٠"]
)
def test_a_number_of_nobody_here_leads_to_nobody(number: str) -> None:
    assert index_of(number) is None


@pytest.mark.parametrize("index", [-1, LARGEST_POPULATION])
def test_there_is_nobody_outside_the_largest_population(index: int) -> None:
    with pytest.raises(ValueError, match="There are people 0 to"):
        number_of(index)
