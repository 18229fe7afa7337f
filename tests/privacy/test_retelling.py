"""A confirmed policy reaches callers at once, word for word as the files would tell it."""

import copy
from typing import Any

import pytest
from sqlalchemy import select

from config.directory import Configuration, load_configuration
from config.phrases import PERIODS, PLACEHOLDERS, Phrase
from config.retention_rules import TOLD_TO_CALLERS
from config.settings import PROJECT
from privacy import policies as changing
from storage import alarms, policies
from storage.house import House, reading, transaction
from storage.tables import Campaign, Mailbox, MailboxNotice, Organisation, SurveyVersion
from survey import organisations
from tests.privacy.test_policies import officer
from tests.rows import NOON


@pytest.fixture(scope="module")
def files() -> Configuration:
    return load_configuration(PROJECT / "config")


@pytest.fixture
def applied(house: House, files: Configuration) -> Configuration:
    with transaction() as session:
        organisations.apply(session, files, keyring=house.keyring, now=NOON)
    return files


def change(house: House, keep: str) -> list[str]:
    """Have every organisation keep what callers are told of for that long; whose that changed."""
    changed = []
    with reading() as session:
        owners = session.scalars(select(Organisation).order_by(Organisation.key)).all()
    for owner in owners:
        rules = copy.deepcopy(owner.document["retention"])
        for rule in rules:
            if rule["class"] in TOLD_TO_CALLERS and rule.get("keep", "") != "until handled":
                rule["keep"] = keep
        proposer = officer(owner)
        with transaction() as session:
            mine = session.get_one(Organisation, owner.id)
            made = policies.propose(session, mine, rules, by=proposer.id, at=NOON)
        if made is None:
            continue
        person = officer(owner)
        with transaction() as session:
            mine = session.get_one(Organisation, owner.id)
            changing.confirm(session, mine, made.number, by=person, now=NOON)
        changed.append(owner.key)
    return changed


def told() -> dict[str, Any]:
    """Every frozen word of each campaign and mailbox, and what is kept of those."""
    with reading() as session:
        campaigns = session.execute(
            select(
                Campaign.organisation_id, Campaign.key, SurveyVersion.document, SurveyVersion.id
            ).join(SurveyVersion, SurveyVersion.id == Campaign.survey_version_id)
        ).all()
        mailboxes = session.execute(
            select(
                Mailbox.organisation_id, Mailbox.key, Mailbox.script, MailboxNotice.document
            ).join(MailboxNotice, MailboxNotice.id == Mailbox.notice_id)
        ).all()
        assert len(mailboxes) > 2
        return {f"{owner} {key}": (document, item) for owner, key, document, item in campaigns} | {
            f"{owner} {key}": (script, notice) for owner, key, script, notice in mailboxes
        }


def test_callers_are_told_the_new_periods_at_once_as_the_files_would_tell_them(
    house: House, applied: Configuration
) -> None:
    before = told()

    changed = change(house, "5 months")

    at_once = told()
    assert len(changed) > 3
    assert at_once != before
    with transaction() as session:
        organisations.apply(session, applied, keyring=house.keyring, now=NOON)
    assert told() == at_once
    with reading() as session:
        for owner in session.scalars(select(Organisation)):
            assert not alarms.is_open(session, policies.NOT_TOLD, subject=str(owner.id))


def test_what_was_heard_before_stays_what_it_was(house: House, applied: Configuration) -> None:
    with reading() as session:
        before = {one.id: one.document for one in session.scalars(select(SurveyVersion))}

    change(house, "5 months")

    with reading() as session:
        after = {one.id: one.document for one in session.scalars(select(SurveyVersion))}
    assert len(after) > len(before)
    assert before == {item: after[item] for item in before}


def test_a_sentence_that_names_no_period_is_said_as_before_and_an_alarm_tells(
    house: House, applied: Configuration
) -> None:
    with transaction() as session:
        (owner,) = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        )
        campaign = session.scalars(
            select(Campaign).where(Campaign.organisation_id == owner.id)
        ).first()
        assert campaign is not None
        version = session.get_one(SurveyVersion, campaign.survey_version_id)
        document = copy.deepcopy(version.document)
        document["phrases"]["sv"][Phrase.OPENING.value] = "Hej! Vi sparar svaren ett tag."
        version.document = document

    change(house, "5 months")

    with reading() as session:
        assert session.get_one(Campaign, campaign.id).survey_version_id == version.id
        assert alarms.is_open(session, policies.NOT_TOLD, subject=str(owner.id))


def test_every_placeholder_of_a_period_says_what_is_kept() -> None:
    named = {name for names in PLACEHOLDERS.values() for name in names if name.endswith("_period")}
    assert named == set(PERIODS)
    assert set(PERIODS.values()) == set(TOLD_TO_CALLERS)
