"""A restored database rings nobody whom it called or texted after its backup was made."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import select

from config.settings import Settings
from dialler import count_when_due
from ivr import dialling
from simulator.faults import ApiFailure, ApiOperation, ApiRule, Faults
from simulator.server import Simulator
from storage import restoration, restored
from storage.house import House, close_house, open_house, reading, transaction, utc_now
from storage.provider import TextOrder
from storage.restoration import RestoredDatabaseError
from storage.states import AttemptMethod, CampaignState, ContactPurpose, InvitationState
from storage.tables import Alarm, Campaign, Invitation, Organisation, ThrottleToken
from survey.commands import campaigns_group
from survey.places import find_campaign
from tests.ivr.conftest import LINE, NOON, PERSON, rung
from tests.permits import forged_permit
from tests.privacy.backups import back_up, restore
from tests.privacy.test_restoring import restore_check

TEXTED, LEFT_ALONE = "+46701740606", "+46701740607"
PLACE = ("--organisation", "consumer-credit", "--campaign", "after-case")


@pytest.fixture
def settings(settings: Settings, network: Simulator) -> Settings:
    """The provider is the network."""
    return settings.model_copy(update={"twilio_api_base_url": network.origin})


def start() -> Result:
    return CliRunner().invoke(campaigns_group, ["start", *PLACE], catch_exceptions=False)


def of_number(phone: str, opened: House) -> Any:
    """The invitation of the person with that number, and when they were asked as far as known."""
    with reading() as session:
        owner = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        ).one()
        hashed = opened.keyring.lookup_hash(owner.id, "phone", phone)
        token = select(ThrottleToken.asked_at).where(ThrottleToken.subject_hash == hashed)
        return session.scalars(token).one_or_none()


def text(house: House, phone: str) -> None:
    order = TextOrder(
        to=phone,
        from_=LINE,
        body="Hej!",
        status_url="https://genklang.example/sms/status/t",
        attempt_id=uuid4(),
        purpose=ContactPurpose.SURVEY,
    )
    house.provider.send_message(order, forged_permit(order, AttemptMethod.SMS))


def restore_after_contacts(telephone: Any, house: House, folder: Path) -> House:
    """Three people wait; after the backup one is called and one is texted, and it is put back."""
    for number, phone in enumerate((PERSON, TEXTED, LEFT_ALONE)):
        telephone.invite(f"case-{number}", phone=phone)
    restoration.count(house.database, house.ledger, at=utc_now())
    back_up(house, folder)
    with transaction() as session:
        for waiting in session.scalars(select(Invitation).order_by(Invitation.due_at).offset(1)):
            waiting.due_at = waiting.expires_at
    restoration.count(house.database, house.ledger, at=utc_now())
    assert dialling.run_once(now=utc_now()) == 1
    text(house, TEXTED)
    restore(house, folder)
    with pytest.raises(RestoredDatabaseError, match="flask storage restore-check"):
        open_house(house.settings)
    return open_house(house.settings, restored=True)


def test_nobody_is_rung_again_whom_the_provider_contacted_after_the_backup(
    telephone: Any, network: Simulator, house: House, tmp_path: Path
) -> None:
    restore_after_contacts(telephone, house, tmp_path / "backup")

    said = restore_check()

    assert "paused: campaign after-case of consumer-credit" in said
    assert "'flask campaigns start' then asks the provider" in said
    close_house()
    opened = open_house(house.settings)
    assert dialling.run_once(now=utc_now()) == 0
    started = start()
    assert started.exit_code == 0, started.output
    assert "the provider contacted 2 people of whom this database did not know" in started.output
    assert "2 invitations are withdrawn" in started.output
    assert dialling.run_once(now=utc_now()) == 1
    assert [call.called for call in network.exchange.store.calls.newest_first()] == [
        LEFT_ALONE,
        PERSON,
    ]
    assert None not in (of_number(PERSON, opened), of_number(TEXTED, opened))
    with reading() as session:
        kind = select(Alarm.cleared_at).where(Alarm.kind == restored.CONTACTS_UNKNOWN)
        owner, _ = find_campaign(session, organisation=PLACE[1], campaign=PLACE[3])
        assert owner.contacts_unknown_since is None
        assert session.scalars(kind.where(Alarm.organisation_id == owner.id)).one() is not None
    assert "already running" in start().output


def test_nothing_starts_while_the_provider_cannot_be_asked(
    telephone: Any, network: Simulator, house: House, tmp_path: Path
) -> None:
    restore_after_contacts(telephone, house, tmp_path / "backup")
    restore_check()
    rule = ApiRule(on=ApiOperation.READ, how=ApiFailure.UNAVAILABLE, times=20)
    network.exchange.faults.install(Faults(api=(rule,)))

    refused = start()

    assert refused.exit_code == 2
    assert "nothing is started, try again" in refused.output
    with reading() as session:
        _, campaign = find_campaign(session, organisation=PLACE[1], campaign=PLACE[3])
        states = session.scalars(select(Invitation.state)).all()
        running = session.scalars(select(Campaign).where(Campaign.state == CampaignState.RUNNING))
        assert running.all() == []
    assert (campaign.state, campaign.state_reason) == (CampaignState.PAUSED, restored.RESTORED)
    assert set(states) == {InvitationState.PLANNED}
    assert len(rung(network)) == 1


def test_a_dialler_under_which_the_database_was_put_back_rings_nobody(
    telephone: Any, network: Simulator, house: House, tmp_path: Path
) -> None:
    counted_at = count_when_due(None, now=NOON)
    back_up(house, tmp_path / "backup")
    with time_machine.travel(NOON):
        assert count_when_due(counted_at, now=NOON) == counted_at
    restoration.count(house.database, house.ledger, at=utc_now())
    restore(house, tmp_path / "backup")
    open_house(house.settings, restored=True)

    with pytest.raises(RestoredDatabaseError):
        count_when_due(None, now=utc_now())
