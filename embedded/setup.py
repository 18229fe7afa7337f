"""The first start: databases, organisations, numbers, a sign-in, and people to ring.

Every step may be repeated: a second start finds everything as it was.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.settings import Settings, Switch
from embedded.plan import POPULATION, POPULATION_SEED
from ivr import scripts
from ivr.last_words import DEFAULT_LANGUAGE, guessed_language
from storage import upgrading, users
from storage.house import house, reading, transaction, utc_now
from storage.tables import Campaign, Line, Mailbox, Organisation, Role, User
from survey.permission_facts import rules_of

SIGN_IN_NAME = "supervisor"
SIGN_IN_FILE = "sign-in.txt"
DEMO_FILE = "demo-customers"
# Whose customers the simulated town is: of the people from a first one on, those of a country, as
# each campaign calls. Everybody is somebody's customer, and nobody is two's.
_TOWN = (
    ("consumer-credit", range(20), ("SE", "DK")),
    ("consumer-credit", range(20, POPULATION), ("DK",)),
    ("software", range(20, POPULATION), ("SE",)),
    ("debt-collection", range(POPULATION), ("NO",)),
    ("property-management", range(POPULATION), ("FI",)),
)
PROVIDER_SECONDS = 10


def migrate(settings: Settings) -> None:
    """Bring the main database up to date; raises DatabaseTooNewError before touching it."""
    upgrading.upgrade(settings, tell=tell_sealed)


def tell_sealed(done: int, total: int) -> None:
    """Say how far the sealing of what lay open has come, now and then."""
    if done % 50_000 == 0 or done == total:
        click.echo(f"sealed {done} of {total} case references")


def sign_in(settings: Settings) -> tuple[str, str]:
    """Name and password of the generated sign-in; the password is kept beside the secrets.

    When the operator has removed the file, or given another password by command, it is not known
    here and is "".
    """
    file = settings.data_dir / SIGN_IN_FILE
    with reading() as session:
        known = users.find(session, house().keyring, SIGN_IN_NAME)
    if known is not None:
        noted = file.read_text().strip() if file.exists() else ""
        return SIGN_IN_NAME, noted if users.is_password(known, noted) else ""
    if _was_removed():
        return SIGN_IN_NAME, ""
    password = users.new_password()
    with transaction() as session:
        users.create(
            session,
            house().keyring,
            name=SIGN_IN_NAME,
            password=password,
            role=Role.SUPERVISOR,
            organisation_id=None,
            at=utc_now(),
        )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as kept:
        kept.write(password + "\n")
    return SIGN_IN_NAME, password


def _was_removed() -> bool:
    """Whether such an account was closed for good: it is not made anew behind its operator."""
    emptied = select(User.id).where(User.erased_at.is_not(None), User.organisation_id.is_(None))
    with reading() as session:
        return session.scalars(emptied.limit(1)).first() is not None


def own_numbers(settings: Settings) -> int:
    """Give the simulated account the organisations' numbers; how many were new.

    A real account's numbers are bought by a person; see docs/provider-setup.md.
    """
    if settings.simulator is Switch.OFF:
        return 0
    account = f"{settings.twilio_api_base_url}/2010-04-01/Accounts/{settings.twilio_account_sid}"
    address = f"{account}/IncomingPhoneNumbers.json"
    auth = (settings.twilio_account_sid, settings.auth_tokens[0])
    answer = requests.get(address, params={"PageSize": 1000}, auth=auth, timeout=PROVIDER_SECONDS)
    answer.raise_for_status()
    there = {n["phone_number"]: n for n in answer.json()["incoming_phone_numbers"]}
    with reading() as session:
        ours = {line.number: line.name for line in session.scalars(select(Line))}
        boxes = select(Mailbox).where(Mailbox.retired_at.is_(None))
        ours |= {box.number: box.name for box in session.scalars(boxes)}
    for number, name in sorted(ours.items()):
        known = there.get(number)
        if known is None:
            told = {"PhoneNumber": number, "FriendlyName": name}
            _post(address, told, auth=auth)
        elif known["friendly_name"] != name:
            one = address.replace(".json", f"/{known['sid']}.json")
            _post(one, {"FriendlyName": name}, auth=auth)
    return len(ours.keys() - there.keys())


def _post(address: str, told: dict[str, str], *, auth: tuple[str, str]) -> None:
    answer = requests.post(address, data=told, auth=auth, timeout=PROVIDER_SECONDS)
    answer.raise_for_status()


def point_numbers(settings: Settings) -> list[str]:
    """Have calls and texts to every line and mailbox come to us; the numbers, in order.

    When the web does not answer, callers hear the document of FALLBACK_BASE_URL in the mailbox's
    or the survey's first language; without that address, what the provider says then.
    Raises GiveUp for a number that the account does not own, TryAgain when the provider is away.
    """
    base = settings.public_base_url
    with reading() as session:
        language_of = {
            line.number: _language_on(session, line) for line in session.scalars(select(Line))
        }
        # A mailbox that is in no file any more has given its number up.
        boxes = select(Mailbox).where(Mailbox.retired_at.is_(None))
        language_of |= {box.number: box.language for box in session.scalars(boxes)}
    for number, language in sorted(language_of.items()):
        beside = settings.fallback_base_url
        house().provider.point_number(
            number,
            voice_url=f"{base}/voice/inbound",
            status_url=f"{base}/voice/inbound/status",
            text_url=f"{base}/sms/inbound",
            # Empty takes away what was told before.
            fallback_url="" if beside is None else f"{beside}/{language}.xml",
        )
    return sorted(language_of)


def _language_on(session: Session, line: Line) -> str:
    """The first language of the line's first campaign; without one, that of its country."""
    rung = session.scalars(
        select(Campaign.survey_version_id)
        .where(Campaign.organisation_id == line.organisation_id, Campaign.line_id == line.id)
        .order_by(Campaign.key)
    ).first()
    if rung is not None:
        return scripts.of_version(session, rung).languages[0]
    return guessed_language(line.number) or DEFAULT_LANGUAGE


def invite_the_town(settings: Settings, *, again: bool = False) -> int:
    """Import the simulated town as customers whose cases were just closed; how many people.

    Only at the first start, unless asked `again`: then as customers with new cases.
    """
    done = settings.data_dir / DEMO_FILE
    rounds = int(done.read_text()) if done.exists() else 0
    if settings.simulator is Switch.OFF or (rounds and not again):
        return 0
    with reading() as session:
        rows = session.execute(
            select(Organisation.key, Campaign).join(
                Campaign, Campaign.organisation_id == Organisation.id
            )
        )
        campaigns = dict(rows.tuples().all())
    invited = 0
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
        for nth, (organisation, people, countries) in enumerate(_TOWN):
            file = Path(folder) / f"{nth}.csv"
            campaign = campaigns[organisation]
            # Closed so long ago that everybody is due now, whatever the campaign's delay.
            closed_by = utc_now() - rules_of(campaign).delay
            _run(
                [sys.executable, "-m", "simulator.population", "--count", str(len(people)),
                 "--first", str(people.start), "--seed", str(POPULATION_SEED),
                 "--round", str(rounds), "--organisation", organisation, "--csv", str(file),
                 "--at", closed_by.isoformat(),
                 *(word for country in countries for word in ("--country", country))]
            )  # fmt: skip
            _run(
                [sys.executable, "-m", "flask", "interactions", "import", str(file),
                 "--organisation", organisation, "--campaign", campaign.key]
            )  # fmt: skip
            invited += file.read_text().count("\n") - 1
    done.write_text(str(rounds + 1))
    return invited


def apply_organisations(*, demo: bool) -> None:
    """Load the operator's files; a demo's campaigns ring at any hour."""
    hours = ["--rings-at-any-hour"] if demo else []
    _run([sys.executable, "-m", "flask", "organisations", "apply", *hours])


class StepFailedError(Exception):
    """A command of the first start failed; the message is what it said."""


def _run(command: list[str]) -> None:
    # Ctrl-C goes to `make run` alone, which ends what it has begun and then stops.
    done = subprocess.run(  # noqa: S603 - our own
        command, capture_output=True, text=True, check=False, start_new_session=True
    )
    if done.returncode != 0:
        raise StepFailedError((done.stderr or done.stdout).strip())
