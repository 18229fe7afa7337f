"""A dry run says whom the campaign would then call, as the preview does once the file is in."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from storage.house import House, reading, transaction, utc_now
from storage.states import InvitationState
from storage.tables import Campaign, Customer, Interaction, Invitation, Objection, Response
from survey import interaction_import, preview
from survey.commands import interactions_group
from survey.interaction_import import import_file
from survey.permission import Rule
from survey.places import find_campaign
from survey.tally import Prospect
from tests.survey.conftest import NOW, Desk, Invite

HEADER = "case_reference,phone,email,name,locale,channel,reason,team,happened_at"
PLACE = {"organisation": "consumer-credit", "campaign": "after-case"}


def line(reference: str, phone: str, *, email: str = "", team: str = "", hours: int = 2) -> str:
    at = (NOW - timedelta(hours=hours)).isoformat()
    return f"{reference},{phone},{email},,,,,{team},{at}"


@pytest.fixture
def file(write: Any) -> Path:
    """Nine lines: a couple with one address, one who is told twice, one abroad, one too early."""
    found: Path = write(
        HEADER,
        line("A-1", "+46701740605"),
        line("A-2", "+46701740606", email="home@example.org"),
        line("A-3", "+46701740607", email="Home@example.org"),
        line("A-4", "+46701740608"),
        line("A-5", "+46701740608"),
        line("A-5", "+46701740608"),
        line("A-6", "+4915112345678"),
        line("A-7", "+46701740609", hours=0),
        line("A-8", "12"),
    )
    return found


def test_a_dry_run_foresees_what_the_preview_finds_after_the_import(
    shipped: House, file: Path, invite: Invite, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Known before, and on the line at this moment; and batches small enough to meet each other.
    ringing = invite("B-1", phone="+46701740605")
    with transaction() as session:
        desk.ring(session, session.get_one(Invitation, ringing))
    monkeypatch.setattr(interaction_import, "BATCH", 2)

    foreseen = import_file(shipped, file, **PLACE, now=NOW, dry_run=True)
    import_file(shipped, file, **PLACE, now=NOW)
    found = preview.preview(shipped, **PLACE, at=NOW)

    assert foreseen.ahead is not None
    # The preview also counts the one whose telephone rings.
    assert (foreseen.ahead.waiting, found.waiting) == (7, 8)
    told = {one.rule: (one.people, one.earliest) for one in foreseen.ahead.held_back}
    after = {one.rule: (one.people, one.earliest) for one in found.held_back}
    ahead = after.pop(Rule.ON_THE_LINE)
    assert told.pop(Rule.ON_THE_LINE) == (ahead[0] - 1, ahead[1])
    assert told == after
    assert set(told) == {Rule.THROTTLED, Rule.COUNTRY_NOT_ALLOWED, Rule.NOT_YET_DUE}
    assert foreseen.ahead.counts[Prospect.NOW] == found.counts[Prospect.NOW] == 2


def test_who_is_told_without_the_address_they_are_known_by_is_foreseen_with_it(
    shipped: House, write: Any, desk: Desk
) -> None:
    home = "home@example.org"
    known = write(HEADER, *(line(f"B-{n}", f"+4670174060{n}", email=home) for n in (5, 6)))
    import_file(shipped, known, **PLACE, now=NOW)
    with transaction() as session:
        asked, other = session.scalars(select(Invitation).order_by(Invitation.id)).all()
        desk.ring(session, asked)
        other.state = InvitationState.UNREACHED
        told = session.get_one(Customer, other.customer_id)
        phone = shipped.keyring.open(told.id, "customer.phone", told.phone_sealed)
    again = write(HEADER, line("A-1", str(phone), hours=1), name="again.csv")

    foreseen = import_file(shipped, again, **PLACE, now=NOW, dry_run=True)
    import_file(shipped, again, **PLACE, now=NOW)
    found = preview.preview(shipped, **PLACE, at=NOW)

    assert foreseen.ahead is not None
    assert [one.rule for one in foreseen.ahead.held_back] == [Rule.THROTTLED]
    assert {one.rule: one.people for one in found.held_back}[Rule.THROTTLED] == 1


def test_a_dry_run_writes_nothing_at_all(shipped: House, file: Path) -> None:
    keys = shipped.keyring.count()
    import_file(shipped, file, **PLACE, now=NOW, dry_run=True)
    with reading() as session:
        rows = [
            session.scalar(select(func.count()).select_from(table))
            for table in (Customer, Interaction, Invitation)
        ]

    assert rows == [0, 0, 0]
    # The key under which the organisation's numbers are hashed may be made, none of a person.
    assert shipped.keyring.count() <= keys + 1


def test_who_belongs_to_a_full_segment_is_foreseen(
    shipped: House, invite: Invite, write: Any
) -> None:
    done = invite("B-1", phone="+46701740600")
    with transaction() as session:
        campaign: Campaign = find_campaign(session, **PLACE)[1]
        quota = {"segment": "team", "equals": "North", "at_most": 1}
        campaign.rules = campaign.rules | {"quotas": [quota]}
        invitation = session.get_one(Invitation, done)
        session.get_one(Interaction, invitation.interaction_id).team = "North"
        session.add(
            Response(
                organisation_id=campaign.organisation_id, campaign_id=campaign.id,
                invitation_id=done, survey_version_id=campaign.survey_version_id, language="sv",
                state="completed", started_at=NOW,
            )
        )  # fmt: skip
    path = write(HEADER, line("A-1", "+46701740605", team="North"), line("A-2", "+46701740606"))

    foreseen = import_file(shipped, path, **PLACE, now=NOW, dry_run=True)

    assert foreseen.ahead is not None
    assert [(one.rule, one.people) for one in foreseen.ahead.held_back] == [(Rule.QUOTA_FULL, 1)]


def test_who_objected_is_told_by_the_import_itself(shipped: House, write: Any) -> None:
    with transaction() as session:
        owner = find_campaign(session, **PLACE)[0]
        session.add(
            Objection(
                organisation_id=owner.id, method="calls", source="call", made_at=NOW,
                subject_hash=shipped.keyring.lookup_hash(owner.id, "phone", "+46701740605"),
            )
        )  # fmt: skip

    foreseen = import_file(
        shipped, write(HEADER, line("A-1", "+46701740605")), **PLACE, now=NOW, dry_run=True
    )

    assert foreseen.ahead is None


def test_the_command_says_it_in_words(shipped: House, write: Any) -> None:
    path = write(HEADER, f"A-1,+46701740605,,,,,,,{utc_now().isoformat()}")

    said = CliRunner().invoke(
        interactions_group,
        ["import", str(path), "--organisation", "consumer-credit", "--campaign", "after-case",
         "--dry-run"],
        catch_exceptions=False,
    ).stdout.splitlines()  # fmt: skip

    assert said[0].startswith("1 lines, would be: 1 invited")
    assert said[1].startswith("campaign after-case of consumer-credit (running), as it stands on ")
    assert said[2] == "1 open"
    assert said[-1].startswith("taken for granted: ")
