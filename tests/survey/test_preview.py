"""Whom a campaign would contact, by which rule, how long and how much; and flat in memory."""

import csv
import gc
import json
import stat
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from storage.house import House, reading, transaction
from storage.states import CampaignState, Disposition, InvitationState
from storage.tables import Invitation, PermissionDecision, Restriction
from survey import preview, preview_words, tally
from survey.interaction_import import import_file
from survey.permission import Rule
from survey.preview_commands import show_preview
from survey.tally import Prospect
from tests.load.bench_import import write_file
from tests.survey.conftest import NOW, Desk, Invite

PLACE = ("--organisation", "consumer-credit", "--campaign", "after-case")
# Half past eleven in Stockholm; the cases of `invite` are long due.
AT = "2026-03-10T11:30"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        show_preview, [*PLACE, *map(str, arguments)], catch_exceptions=False
    )  # fmt: skip


def look(house: House, **how: Any) -> preview.Preview:
    return preview.preview(
        house, organisation="consumer-credit", campaign="after-case", **({"at": NOW} | how)
    )


@pytest.fixture
def three_people(invite: Invite) -> None:
    """Two who are due, and one whose case was closed just now."""
    invite("A-1", phone="+46701740605")
    invite("A-2", phone="+46701740606")
    invite("A-3", phone="+46701740607", happened_at=NOW)


def test_the_command_says_who_when_how_long_and_how_much(three_people: None) -> None:
    said = run("--at", "2026-03-10T11:00").stdout

    assert "campaign after-case of consumer-credit (running)" in said
    assert "3 open" in said
    assert "         2  would be called now" in said
    assert (
        "         1  too soon after the case or the last attempt (not_yet_due); "
        "looked at again from 10 March 2026 at 12:00"
    ) in said
    assert "all are called between 10 March 2026 at 12:00 and " in said
    # Three talks of two begun minutes, 0.45 each, and 0.10 a call; five calls each of 6.85 at most.
    assert "about 3.00 SEK if everybody answers the first call, at most 102.75 SEK" in said
    assert "a talk of 2 min, for want of enough talks" in said
    assert "money for 5,000 calls a day" in said


def test_other_programs_get_the_same_as_json(three_people: None) -> None:
    found = json.loads(run("--at", "2026-03-10T11:00", "--format", "json").stdout)

    assert (found["open"], found["now"], found["later"]) == (3, 2, 1)
    assert found["rules"] == [
        {
            "rule": "not_yet_due",
            "in_words": "too soon after the case or the last attempt",
            "people": 1,
            "earliest": "2026-03-10T11:00:00+00:00",
        }
    ]
    assert (found["to_call"], found["calls_most"], found["currency"]) == (3, 15, "SEK")


def test_another_moment_is_judged_by_its_own_hours(three_people: None) -> None:
    found = json.loads(run("--at", "2026-03-10T21:00", "--format", "json").stdout)

    assert (found["now"], found["later"]) == (0, 3)
    assert found["rules"][0]["rule"] == "outside_calling_hours"
    assert found["rules"][0]["earliest"] == "2026-03-11T08:00:00+00:00"


def test_a_paused_campaign_is_judged_as_if_it_ran_and_said_to_be_paused(
    three_people: None, shipped: House, desk: Desk
) -> None:
    with transaction() as session:
        desk.campaign(session).state = CampaignState.PAUSED

    found = look(shipped)

    assert (found.state, found.counts[Prospect.NOW]) == (CampaignState.PAUSED, 2)


def test_the_list_has_every_case_with_its_rule_and_is_its_owners_alone(
    three_people: None, tmp_path: Path
) -> None:
    out = tmp_path / "who.csv"

    run("--at", AT, "--list", out)

    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["case_reference", "becomes", "rule", "looked_at_again"]
    assert rows[1:3] == [["A-1", "now", "allowed", ""], ["A-2", "now", "allowed", ""]]
    assert rows[3][:3] == ["A-3", "later", "not_yet_due"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_case_reference_that_begins_a_formula_is_none_in_a_spreadsheet(
    invite: Invite, tmp_path: Path
) -> None:
    invite("=1+1")

    run("--at", AT, "--list", tmp_path / "who.csv")

    assert "'=1+1," in (tmp_path / "who.csv").read_text("utf-8")


def test_whose_data_are_frozen_is_counted_but_not_listed(
    three_people: None, shipped: House, desk: Desk, tmp_path: Path
) -> None:
    with transaction() as session:
        one = session.scalars(select(Invitation).order_by(Invitation.id)).first()
        assert one is not None
        session.add(
            Restriction(
                organisation_id=one.organisation_id, customer_id=one.customer_id,
                cause="accuracy", made_at=NOW,
            )
        )  # fmt: skip
    out = tmp_path / "who.csv"

    said = run("--at", AT, "--list", out).stdout

    assert "data are frozen (restricted)" in said
    assert "A-1" not in out.read_text("utf-8")
    without = look(shipped, frozen_too=False)
    assert (without.waiting, without.looked_at) == (2, 2)


@pytest.mark.parametrize("at", ["soon", "2026-13-01T00:00", "9999-12-31T23:59:59-14:00"])
def test_what_is_no_moment_is_one_clear_line(three_people: None, at: str) -> None:
    result = run("--at", at)

    assert result.exit_code == 2
    assert "is no moment; 2026-03-10T11:00 would be right" in result.stderr


def test_nothing_is_written_down(three_people: None) -> None:
    run("--at", AT)

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(PermissionDecision)) == 0
        states = set(session.scalars(select(Invitation.state)))
    assert states == {InvitationState.PLANNED}


def test_people_are_read_page_by_page_each_once_in_the_order_of_the_dialler(
    shipped: House, invite: Invite, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [invite(f"A-{n}", phone=f"+467017406{n:02d}") for n in range(11)]
    with transaction() as session:
        session.execute(
            update(Invitation)
            .where(Invitation.id.in_(ids[::2]))
            .values(state=InvitationState.TRYING)
        )
        session.get_one(Invitation, ids[7]).due_at = NOW - timedelta(hours=1)
    monkeypatch.setattr(preview, "PAGE", 3)
    seen: list[str] = []

    found = look(shipped, each=lambda one: seen.append(one.case_reference))

    rest = sorted((one, f"A-{n}") for n, one in enumerate(ids) if n != 7)
    assert seen == ["A-7", *(name for _, name in rest)]
    assert (found.looked_at, found.counts[Prospect.NOW]) == (11, 11)


def test_only_the_first_may_be_looked_at(three_people: None, shipped: House) -> None:
    found = look(shipped, first=2)

    assert (found.waiting, found.looked_at) == (3, 2)
    assert "3 open, the first 2 looked at" in list(preview_words.lines(found))


def test_without_anybody_there_is_nothing_to_say(shipped: House) -> None:
    said = list(preview_words.lines(look(shipped)))

    assert "how long: nobody is called as things stand" in said


def test_whoever_is_texted_next_is_told_as_texted_and_not_as_called(
    three_people: None, shipped: House, desk: Desk, invite: Invite
) -> None:
    item = invite("A-4", phone="+46701740608")
    with transaction() as session:
        campaign = desk.campaign(session)
        retry = {"machine": {"after": "15 minutes", "times": 1, "then": "sms"}}
        campaign.rules = campaign.rules | {"retry": retry}
        session.flush()
        attempt = desk.ring(session, session.get_one(Invitation, item))
        desk.end(session, attempt, Disposition.MACHINE, now=NOW)
    later = NOW + timedelta(minutes=45)

    found = look(shipped, at=later)

    assert (found.counts[Prospect.TEXTED], found.counts[Prospect.NOW]) == (1, 2)
    assert f"  {1:>10}  would be texted now" in list(preview_words.lines(found))
    assert preview_words.document(found)["now_by_text"] == 1
    # How long the line is busy with calls is not told of texts.
    assert found.outlook.people == found.counts[Prospect.NOW] + found.counts[Prospect.LATER]


def test_every_rule_that_refuses_to_ask_has_words() -> None:
    spoken = set(preview_words.RULE)
    follow_ups = {Rule.FOLLOW_UP_DECLINED, Rule.FOLLOW_UP_NOT_ALLOWED}

    assert spoken == set(Rule) - {Rule.ALLOWED, Rule.CALLED_US} - follow_ups


def test_what_is_held_of_many_people_is_no_more_than_of_few(
    shipped: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(tmp_path / "many.csv", rows=240, now=NOW)
    import_file(shipped, path, organisation="consumer-credit", campaign="after-case", now=NOW)
    monkeypatch.setattr(preview, "PAGE", 20)
    look(shipped, first=60)  # whatever is made once is made by now
    held: list[int] = []

    def weigh(done: int, of: int) -> None:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    look(shipped, tell=weigh)
    tracemalloc.stop()

    assert len(held) == 12
    # What is held wanders by a few kilobytes; a hundred people's facts and rows are many more.
    assert min(held[6:]) - min(held[:6]) < 40_000


def test_the_words_of_a_prospect_are_there_for_each() -> None:
    assert set(preview_words.PROSPECT) == set(tally.Prospect)
