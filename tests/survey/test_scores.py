"""NPS, CSAT and CES against figures worked out by hand and known from tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import scores
from survey.script import Direction

HIGH, LOW = Direction.HIGH_IS_GOOD, Direction.LOW_IS_GOOD


def test_nps_is_per_cent_promoters_minus_per_cent_detractors() -> None:
    figure = scores.nps({10: 40, 9: 10, 8: 15, 7: 15, 6: 10, 0: 10})

    assert figure.value == 30.0
    assert (figure.n, figure.promoters, figure.passives, figure.detractors) == (100, 50, 30, 20)


@pytest.mark.parametrize(
    ("score", "value"), [(0, -100), (6, -100), (7, 0), (8, 0), (9, 100), (10, 100)]
)
def test_nps_cuts_between_six_and_seven_and_between_eight_and_nine(score: int, value: int) -> None:
    assert scores.nps({score: 1}).value == value


def test_nps_is_no_mean_of_the_scores() -> None:
    assert scores.nps({8: 10}).value == scores.nps({7: 10}).value == 0


def test_the_interval_of_an_nps_is_the_adjusted_wald_one() -> None:
    figure = scores.nps({10: 50, 0: 50})

    half = 1.959964 * math.sqrt((101.5 / 103) / 103) * 100
    assert figure.low == pytest.approx(-half, abs=0.001)
    assert figure.high == pytest.approx(half, abs=0.001)


def test_csat_is_the_share_of_the_upper_part_of_the_scale_with_wilsons_interval() -> None:
    figure = scores.csat({5: 30, 4: 20, 3: 25, 2: 15, 1: 10}, lowest=1, highest=5, direction=HIGH)

    assert figure.value == 50.0
    # Wilson for 50 of 100, as in Newcombe's tables.
    assert figure.low == pytest.approx(40.38, abs=0.01)
    assert figure.high == pytest.approx(59.62, abs=0.01)


def test_wilsons_interval_of_none_of_ten_does_not_claim_certainty() -> None:
    low, high = scores.wilson(0, 10)

    assert low == 0
    assert high == pytest.approx(0.2775, abs=0.0001)


def test_a_scale_that_counts_the_other_way_is_turned_round() -> None:
    upward = scores.csat({5: 3, 1: 1}, lowest=1, highest=5, direction=HIGH)
    downward = scores.csat({1: 3, 5: 1}, lowest=1, highest=5, direction=LOW)
    hard = scores.ces({7: 4, 6: 2}, lowest=1, highest=7, direction=HIGH)
    easy = scores.ces({1: 4, 2: 2}, lowest=1, highest=7, direction=LOW)

    assert upward == downward
    assert hard == easy


@pytest.mark.parametrize(
    ("lowest", "highest", "satisfied"),
    [(1, 5, [4, 5]), (1, 7, [5, 6, 7]), (1, 3, [3]), (0, 10, [7, 8, 9, 10])],
)
def test_the_upper_part_of_each_scale(lowest: int, highest: int, satisfied: list[int]) -> None:
    found = [
        score
        for score in range(lowest, highest + 1)
        if scores.is_satisfied(score, lowest=lowest, highest=highest, direction=HIGH)
    ]

    assert found == satisfied


def test_ces_is_a_mean_with_students_interval() -> None:
    figure = scores.ces({4: 1, 5: 2, 6: 1, 7: 1}, lowest=1, highest=7, direction=HIGH)

    # 4, 5, 5, 6, 7: mean 5.4, deviation 1.1402, t(4) 2.7764
    assert figure.value == pytest.approx(5.4)
    assert figure.low == pytest.approx(5.4 - 1.4157, abs=0.001)
    assert figure.high == pytest.approx(5.4 + 1.4157, abs=0.001)


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.706), (2, 4.303), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)],
)
def test_students_quantile_is_the_one_of_the_tables(degrees: int, quantile: float) -> None:
    assert scores.student_quantile(degrees) == pytest.approx(quantile, abs=0.0006)


def test_one_answer_tells_nothing_about_the_spread() -> None:
    figure = scores.ces({7: 1}, lowest=1, highest=7, direction=HIGH)

    assert (figure.value, figure.low, figure.high) == (7.0, 1.0, 7.0)


def test_below_the_smallest_group_everything_but_n_is_withheld() -> None:
    four, five = {9: 4}, {9: 5}

    assert scores.nps(four, smallest_group=5) == scores.NpsFigure(
        4, None, None, None, None, None, None
    )
    assert scores.nps(four, smallest_group=5).withheld
    assert not scores.nps(five, smallest_group=5).withheld
    for measure in (scores.csat, scores.ces):
        kept = measure({5: 4}, lowest=1, highest=5, direction=HIGH, smallest_group=5)
        assert kept == scores.Figure(4, None, None, None)


def test_no_answers_are_no_figure() -> None:
    assert scores.nps({}).withheld
    assert scores.csat({}, lowest=1, highest=5, direction=HIGH).withheld
    assert scores.ces({}, lowest=1, highest=5, direction=HIGH).withheld


def test_a_score_outside_its_scale_is_an_error_and_not_a_figure() -> None:
    with pytest.raises(ValueError, match=r"\[11\] lie outside the scale 0 to 10"):
        scores.nps({11: 1})


@given(st.dictionaries(st.integers(0, 10), st.integers(1, 500), min_size=1))
def test_every_interval_holds_its_value_and_stays_on_its_scale(counts: dict[int, int]) -> None:
    nps = scores.nps(counts)
    csat = scores.csat(counts, lowest=0, highest=10, direction=HIGH)
    ces = scores.ces(counts, lowest=0, highest=10, direction=LOW)

    for figure, lowest, highest in ((nps, -100, 100), (csat, 0, 100), (ces, 0, 10)):
        assert figure.value is not None
        assert figure.low is not None
        assert figure.high is not None
        assert lowest <= figure.low <= figure.value + 1e-9
        assert figure.value - 1e-9 <= figure.high <= highest
