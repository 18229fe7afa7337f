"""A house with the five ready organisations applied, and the means to plan and try calls in it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from config.directory import Configuration, load_configuration
from config.settings import PROJECT
from storage.house import House, transaction
from storage.states import AttemptState, Disposition
from storage.tables import Attempt, Campaign, Invitation
from survey import attempts, interactions, invitations, permission, permission_facts
from survey.interactions import ToldInteraction
from survey.numbers import to_e164
from survey.permission import Permit, Refusal
from survey.places import find_campaign
from tests.applied_files import apply_files

# A Tuesday, eleven in the morning in Stockholm.
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)

Invite = Callable[..., UUID]


@pytest.fixture
def now() -> datetime:
    """Within everybody's calling hours."""
    return NOW


@pytest.fixture(scope="session")
def files() -> Configuration:
    """The operator's files as they are shipped."""
    return load_configuration(PROJECT / "config")


@pytest.fixture
def shipped(house: House, files: Configuration) -> House:
    """A house with the shipped organisations."""
    apply_files(house, files, now=NOW - timedelta(days=30))
    return house


@pytest.fixture
def invite(shipped: House) -> Invite:
    """Registers a case two hours before NOW and gives the invitation's id."""

    def one(
        reference: str = "case-1",
        *,
        phone: str = "+46701740605",
        organisation: str = "consumer-credit",
        campaign: str = "after-case",
        happened_at: datetime = NOW - timedelta(hours=2),
        now: datetime = NOW,
    ) -> UUID:
        with transaction() as session:
            _, found = find_campaign(session, organisation=organisation, campaign=campaign)
            registered = interactions.register(
                session,
                ToldInteraction(reference, to_e164(phone, country="SE"), phone, happened_at),
                campaign=found,
                keyring=shipped.keyring,
                now=now,
            )
        assert registered.invitation_id is not None
        return registered.invitation_id

    return one


class Desk:
    """Does what a dialler does, without a telephone."""

    def ask(
        self,
        session: Session,
        invitation: Invitation,
        *,
        now: datetime = NOW,
        number: str | None = "+46701740605",
        allowed_numbers: tuple[str, ...] = (),
    ) -> Permit | Refusal:
        """Decide about one invitation and store the decision."""
        facts = permission_facts.gather(
            session, invitation, now=now, number=number, allowed_numbers=allowed_numbers
        )
        decision = permission.decide(facts, now=now)
        return permission.store(session, decision, invitation, to=number, now=now)

    def ring(self, session: Session, invitation: Invitation, *, now: datetime = NOW) -> Attempt:
        """Begin an attempt that the rules allow."""
        permit = self.ask(session, invitation, now=now)
        assert isinstance(permit, Permit), permit
        return attempts.begin(session, invitation, permit, now=now)

    def end(
        self, session: Session, attempt: Attempt, disposition: Disposition, *, now: datetime
    ) -> Invitation:
        """End an attempt and plan what follows."""
        attempt.state, attempt.disposition, attempt.ended_at = AttemptState.ENDED, disposition, now
        invitation = session.get_one(Invitation, attempt.invitation_id)
        invitations.after_attempt(session, invitation, disposition, now=now)
        return invitation

    def campaign(
        self,
        session: Session,
        *,
        organisation: str = "consumer-credit",
        campaign: str = "after-case",
    ) -> Campaign:
        """A shipped campaign."""
        return find_campaign(session, organisation=organisation, campaign=campaign)[1]


@pytest.fixture
def desk() -> Desk:
    """A dialler without a telephone."""
    return Desk()


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of lines below the test's folder and gives its path."""

    def one(*lines: str, name: str = "cases.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
        return path

    return one
