"""A scenario is played in the terminal, in real time, beside the running service."""

import pytest

from tools.whole_service import WholeService

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("the whole service and a terminal"),
]


def test_a_scenario_is_played_in_the_terminal(service: WholeService) -> None:
    file = "tests/scenarios/files/everything-in-english.toml"

    told = service.command("-m", "flask", "calls", "script", file)

    assert "presses 10" in told
    assert "hears   Thank you for your answers" in told
    assert '"transcript": "the staff were very friendly and i got help straight away"' in told
