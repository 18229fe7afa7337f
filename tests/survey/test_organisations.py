"""Applying the operator's files: rows become what the files say, nothing is lost on the way."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from config.directory import Configuration, load_configuration
from config.settings import PROJECT
from storage import alarms, policies
from storage.house import House, reading, transaction
from storage.policies import PolicyError
from storage.states import CampaignState
from storage.tables import Campaign, Invitation, Line, Mailbox, Organisation, SurveyVersion
from survey import organisations
from survey.organisations import NumberTakenError
from survey.script_document import from_document

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files, to be changed."""
    place = tmp_path / "operator"
    for name in ("organisations", "surveys", "prompts"):
        shutil.copytree(PROJECT / "config" / name, place / name)
    return place


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def apply(house: House, source: Path | Configuration, **changed: Any) -> list[str]:
    files = load_configuration(source) if isinstance(source, Path) else source
    with transaction() as session:
        return organisations.apply(session, files, keyring=house.keyring, now=NOW, **changed)


def test_the_shipped_files_become_organisations_that_can_be_rung_for(
    house: House, files: Configuration
) -> None:
    changes = apply(house, files)

    assert "organisation consumer-credit: new" in changes
    assert "organisation consumer-credit: campaign after-case: new, running" in changes
    assert "organisation consumer-credit: receiver Exempeltelefoni AB: new" in changes
    with reading() as session:
        owner = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        ).one()
        campaign = session.scalars(
            select(Campaign).where(Campaign.organisation_id == owner.id)
        ).one()
        version = session.get_one(SurveyVersion, campaign.survey_version_id)
        line = session.get_one(Line, campaign.line_id)
    assert (owner.country, owner.timezone) == ("SE", "Europe/Stockholm")
    assert (campaign.state, campaign.rings_at_any_hour) == (CampaignState.RUNNING, False)
    assert (version.number, line.number) == (1, "+46846500400")
    questions = [question.key for question in from_document(version.document).questions]
    assert {"satisfaction", "recommend", "comment", "follow_up"} <= set(questions)


def test_applying_twice_changes_nothing(house: House, files: Configuration) -> None:
    apply(house, files)

    assert apply(house, files) == []


def test_staff_addresses_lie_sealed_under_the_mailbox_and_nowhere_else(
    house: House, files: Configuration
) -> None:
    apply(house, files)

    with reading() as session:
        mailbox = session.scalars(select(Mailbox).where(Mailbox.key == "reception")).one()
        owner = session.get_one(Organisation, mailbox.organisation_id)
    opened = house.keyring.open(mailbox.id, "mailbox.notify", mailbox.notify_sealed)
    assert json.loads(opened or "") == ["reception@exempelsvar.example"]
    assert "reception@exempelsvar.example" not in json.dumps([owner.document, mailbox.script])


def test_a_changed_staff_address_is_noticed_although_it_lies_sealed(
    house: House, folder: Path
) -> None:
    apply(house, folder)
    file = "organisations/answering-service.yaml"
    change(folder, file, "[reception@exempelsvar.example]", "[front@exempelsvar.example]")

    changes = apply(house, folder)

    assert changes == [
        "organisation answering-service: mailbox reception: changed",
    ]


def test_a_new_wording_makes_a_new_version_and_leaves_the_old_one_as_it_was(
    house: House, folder: Path
) -> None:
    apply(house, folder)
    with reading() as session:
        old = session.scalars(
            select(SurveyVersion).where(SurveyVersion.survey_key == "credit-after-case")
        ).one()
    file = "organisations/consumer-credit.yaml"
    change(folder, file, "sv: Exempelkredit,", "sv: Exempelbanken,")

    changes = apply(house, folder)

    assert "organisation consumer-credit: survey credit-after-case: version 2" in changes
    with reading() as session:
        kept = session.get_one(SurveyVersion, old.id)
        campaign = session.scalars(select(Campaign).where(Campaign.key == "after-case")).one()
        newest = session.get_one(SurveyVersion, campaign.survey_version_id)
    assert (kept.document, kept.fingerprint) == (old.document, old.fingerprint)
    assert newest.number == 2
    assert "Exempelbanken" in json.dumps(newest.document)


def test_a_wording_taken_back_uses_its_old_version_again(house: House, folder: Path) -> None:
    file = "organisations/consumer-credit.yaml"
    apply(house, folder)
    change(folder, file, "sv: Exempelkredit,", "sv: Exempelbanken,")
    apply(house, folder)
    change(folder, file, "sv: Exempelbanken,", "sv: Exempelkredit,")

    apply(house, folder)

    with reading() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.key == "after-case")).one()
        assert session.get_one(SurveyVersion, campaign.survey_version_id).number == 1


def test_an_invitation_that_has_begun_keeps_the_version_it_was_begun_with(
    house: House, folder: Path, invite: Any
) -> None:
    apply(house, folder)
    invitation_id = invite()
    with transaction() as session:
        begun = session.get_one(Invitation, invitation_id)
        heard = session.get_one(Campaign, begun.campaign_id).survey_version_id
        begun.survey_version_id = heard
    change(folder, "organisations/consumer-credit.yaml", "sv: Exempelkredit,", "sv: Exempelbanken,")

    apply(house, folder)

    with reading() as session:
        invitation = session.get_one(Invitation, invitation_id)
        campaign = session.get_one(Campaign, invitation.campaign_id)
    assert invitation.survey_version_id == heard
    assert campaign.survey_version_id != heard


def test_a_paused_campaign_stays_paused_when_its_rules_change(house: House, folder: Path) -> None:
    apply(house, folder)
    with transaction() as session:
        session.execute(
            update(Campaign).where(Campaign.key == "after-case").values(state=CampaignState.PAUSED)
        )
    change(folder, "organisations/consumer-credit.yaml", "delay: 1 hour", "delay: 2 hours")

    changes = apply(house, folder)

    assert changes == [
        "organisation consumer-credit: changed",
        "organisation consumer-credit: campaign after-case: changed, paused",
    ]


def test_a_new_campaign_that_may_not_ring_is_paused_and_says_why(
    house: House, folder: Path
) -> None:
    file = "organisations/consumer-credit.yaml"
    change(folder, file, "decided_on: 2026-01-15", "decided_on: 2026-03-11")

    changes = apply(house, folder)

    place = "organisation consumer-credit: campaign after-case:"
    assert f"{place} new, paused" in changes
    (why,) = (one for one in changes if one.startswith(f"{place} not started:"))
    assert "classification.decided_on: the decision counts from 2026-03-11 on" in why
    with reading() as session:
        found = session.scalars(select(Campaign).where(Campaign.key == "after-case")).one()
    assert (found.state, found.state_reason) == (CampaignState.PAUSED, "not_ready")


def test_an_organisation_that_vanished_is_stopped_and_kept(house: House, folder: Path) -> None:
    apply(house, folder)
    (folder / "organisations" / "answering-service.yaml").unlink()

    changes = apply(house, folder)

    assert changes[0] == "organisation answering-service: is in no file any more"
    assert changes[1].endswith("campaign after-message: is in no file any more, stopped")
    assert apply(house, folder) == []
    with reading() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.key == "after-message")).one()
        owner = select(Organisation.id).where(Organisation.key == "answering-service")
        mailboxes = session.scalars(
            select(Mailbox.number).where(Mailbox.organisation_id.in_(owner))
        ).all()
    assert campaign.state is CampaignState.STOPPED
    # Nobody can dial it, so no message is taken for people who are gone.
    assert len(mailboxes) == 2
    assert not any(number.startswith("+") for number in mailboxes)


def test_two_mailboxes_may_swap_their_numbers(house: House, folder: Path) -> None:
    apply(house, folder)
    file = "organisations/answering-service.yaml"
    change(folder, file, "+46313900611", "+46313900699")
    change(folder, file, "+46313900612", "+46313900611")
    change(folder, file, "+46313900699", "+46313900612")

    apply(house, folder)

    with reading() as session:
        numbers = {
            row.key: row.number for row in session.scalars(select(Mailbox)) if row.key != "x"
        }
    assert (numbers["reception"], numbers["on-call"]) == ("+46313900612", "+46313900611")


def test_a_line_that_belongs_to_another_organisation_is_refused_and_nothing_changes(
    house: House, folder: Path
) -> None:
    apply(house, folder)
    renamed = folder / "organisations" / "new-credit.yaml"
    (folder / "organisations" / "consumer-credit.yaml").rename(renamed)
    change(folder, "organisations/new-credit.yaml", "key: consumer-credit", "key: new-credit")

    with pytest.raises(NumberTakenError, match=r"\+46846500400 belongs to .* consumer-credit"):
        apply(house, folder)

    with reading() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.key == "after-case")).one()
        assert campaign.state is CampaignState.RUNNING
        assert (
            session.scalars(select(Organisation).where(Organisation.key == "new-credit")).first()
            is None
        )


def test_ringing_at_any_hour_is_said_by_the_one_who_applies(
    house: House, files: Configuration
) -> None:
    apply(house, files, rings_at_any_hour=True)
    with reading() as session:
        assert set(session.scalars(select(Campaign.rings_at_any_hour))) == {True}

    apply(house, files)

    with reading() as session:
        assert set(session.scalars(select(Campaign.rings_at_any_hour))) == {False}


def test_a_changed_retention_waits_and_callers_hear_what_is_in_force(
    house: House, folder: Path
) -> None:
    apply(house, folder)
    credit = "organisations/consumer-credit.yaml"
    change(folder, credit, "free_comments, keep: 12 months", "free_comments, keep: 6 months")
    change(folder, credit, "name: Exempelkredit\n", "name: Exempelkredit AB\n")

    first = apply(house, folder)
    again = apply(house, folder)

    waits = (
        "organisation consumer-credit: retention: version 2 waits to be confirmed, version 1 stays "
        "in force until then; 'flask privacy policy preview --organisation consumer-credit' shows "
        "what it would delete"
    )
    assert first == ["organisation consumer-credit: changed", waits]
    assert again == [waits]
    with reading() as session:
        owner = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        ).one()
    kept = {rule["class"]: rule["keep"] for rule in owner.document["retention"]}
    assert (owner.name, kept["free_comments"], owner.policy_number) == (
        "Exempelkredit AB",
        "12 months",
        1,
    )

    change(folder, credit, "free_comments, keep: 6 months", "free_comments, keep: 12 months")
    assert apply(house, folder) == [
        "organisation consumer-credit: retention: proposal withdrawn, version 1 stays in force"
    ]
    assert apply(house, folder) == []


def test_callers_hear_a_confirmed_retention_once_the_files_are_applied(
    house: House, folder: Path
) -> None:
    apply(house, folder)
    credit = "organisations/consumer-credit.yaml"
    change(folder, credit, "free_comments, keep: 12 months", "free_comments, keep: 6 months")
    apply(house, folder)
    with transaction() as session:
        owner = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        ).one()
        version = policies.proposal(session, owner)
        assert version is not None
        policies.put_in_force(session, owner, version, by=None, at=NOW)
        alarms.sound(session, policies.NOT_TOLD, subject=str(owner.id), at=NOW)

    assert apply(house, folder) == [
        "organisation consumer-credit: survey credit-after-case: version 2",
        "organisation consumer-credit: campaign after-case: changed, running",
    ]
    with reading() as session:
        assert not alarms.is_open(session, policies.NOT_TOLD, subject=str(owner.id))


def test_a_period_beyond_its_ceiling_is_refused_and_nothing_is_applied(
    house: House, folder: Path
) -> None:
    apply(house, folder)
    credit = "organisations/consumer-credit.yaml"
    change(folder, credit, "free_comments, keep: 12 months", "free_comments, keep: 37 months")
    with pytest.raises(PolicyError, match="free_comments would be kept for 37 months; 3 years is"):
        apply(house, folder)
