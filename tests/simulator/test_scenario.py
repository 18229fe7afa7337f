"""Scenario files: what may stand in them, and mistakes named by file and field."""

import pytest

from simulator.handset import MessageEnd
from simulator.scenario import PickupKind, ScenarioError, Way, read_scenario
from simulator.settings import RecordEmpty, Settings

WHOLE = """
title = "Scores, a spoken comment and a yes to follow-up"

[customer]
organisation = "consumer-credit"
campaign = "after-case"
phone = "+46701740605"
name = "Ada Example"

[network]
profile = "twilio"
record_empty = "legacy"
duplicate = ["recording", "status"]
lose = ["detected"]
reorder = true

[[calls]]
pickup = "machine"
ring_seconds = 6
message_end = "silence"

[[calls]]
[[calls.does]]
on = "recommend"
keys = "10"
during_prompt = true
after_seconds = 1.5
[[calls.does]]
speak_seconds = 6
end_by = "#"
[[calls.does]]
hang_up = true

[[calls]]
direction = "inbound"
from = "+46701740605"
to = "+46846500400"

[expect]
status = "completed"
answers = { recommend = 10 }
"""


def written(folder, text):
    path = folder / "scores.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_whole_scenario_is_read(tmp_path):
    scenario = read_scenario(written(tmp_path, WHOLE))

    assert scenario.customer.phone == "+46701740605"
    assert scenario.customer.model_extra["campaign"] == "after-case"
    first, second, third = scenario.calls
    assert (first.pickup, first.message_end) == (PickupKind.MACHINE, MessageEnd.SILENCE)
    assert [deed.keys for deed in second.does] == ["10", None, None]
    assert (third.direction, third.sender) == (Way.INBOUND, "+46701740605")
    assert scenario.expect["answers"] == {"recommend": 10}


def test_the_network_part_changes_settings_and_faults(tmp_path):
    network = read_scenario(written(tmp_path, WHOLE)).network
    current = Settings(cps=7)

    changed = network.settings(current)

    assert (changed.record_empty, changed.cps) == (RecordEmpty.LEGACY, 7)
    assert network.faults().reorder
    assert sorted(network.faults().duplicate) == ["recording", "status"]


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('pickup = "machine"', 'pickup = "robot"', "calls.0.pickup"),
        ('keys = "10"', 'keys = "ten"', "calls.1.does.0.keys"),
        ('keys = "10"', "", "exactly one of keys"),
        ('keys = "10"', 'keys = "10"\nsilence = true', "exactly one of keys"),
        ('end_by = "#"', 'end_by = "door"', "is one key, or silence, limit or hang_up"),
        ("during_prompt", "duringPrompt", "calls.1.does.0.duringPrompt"),
        ('phone = "+46701740605"', 'phone = "0701740605"', "customer.phone"),
        ('profile = "twilio"', 'profile = "telnyx"', "network"),
        ("reorder = true", "shuffle = true", "network.shuffle"),
        ('duplicate = ["recording"', 'duplicate = ["recordings"', "network.duplicate"),
        ("[customer]", "[customer", "scores.toml"),
    ],
)
def test_a_mistake_is_named_by_file_and_field(tmp_path, was, becomes, said):
    assert was in WHOLE
    path = written(tmp_path, WHOLE.replace(was, becomes, 1))

    with pytest.raises(ScenarioError) as mistake:
        read_scenario(path)

    assert str(path) in str(mistake.value)
    assert said in str(mistake.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"nowhere\.toml"):
        read_scenario(tmp_path / "nowhere.toml")
