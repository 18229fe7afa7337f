"""The web process and the `flask` commands: where all rooms meet."""

import functools
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click
from flask import Flask

import console
from api import health
from config.settings import Settings, load_settings
from console.case_commands import cases_group
from console.handling_commands import HANDLING_COMMANDS
from console.package_commands import masked, package_command
from embedded.commands import calls_group, numbers_group
from embedded.entrance import EXPECTED, REFUSED, enter
from embedded.setup import tell_sealed
from embedded.web_refusal import refused_once
from ivr import webhooks
from ivr.line_commands import lines_group
from messaging import (
    mine_page,
    mine_sound,
    no_page,
    package_page,
    public_pages,
    rights_page,
    withdraw_page,
)
from messaging import webhooks as text_webhooks
from messaging.correct_command import correct_command
from messaging.disclosure_commands import disclosures_group
from messaging.rights_commands import rights_group
from privacy.commands import retention_group
from privacy.export_commands import exports_group
from privacy.hold_commands import holds_group
from privacy.keyring_commands import keys_group
from privacy.map_commands import privacy_group
from privacy.policy_commands import foreseen, policy_group, prove
from privacy.receipt_commands import receipts_group, restore_check_command
from privacy.restored_commands import restored_group
from storage import schema, upgrading
from storage.house import NoHouseError, close_house, house, open_house
from survey import funnel_commands as _funnel  # noqa: F401 - adds itself to `campaigns`
from survey import preview_commands as _preview  # noqa: F401 - the same
from survey.apply_command import make_apply_command
from survey.commands import campaigns_group, interactions_group, organisations_group
from survey.commands import responses_group as make_responses_group
from survey.mailbox_commands import mailboxes_group
from survey.permission_commands import permissions_group
from survey.register_commands import registers_group
from survey.restriction_commands import restrictions_group
from survey.statistics_commands import statistics_group
from survey.wish_commands import consents_group, objections_group
from transcription.commands import models_group
from transcription.masking import mask_text
from voicemail.commands import storage_group

C = TypeVar("C", bound=Callable[..., Any])

# Commands that must work before there is a database to open.
HOUSELESS: Final = frozenset({"storage migrate", "models list", "models fetch"})
# Commands that look at, or mend, what was restored or lost and may not open yet.
MENDING: Final = frozenset(
    {
        "storage restore-check",
        "receipts verify",
        "receipts head",
        "receipts export",
        "receipts accept-loss",
        "keys restore",
    }
)


def create_app(settings: Settings | None = None) -> Flask:
    """The web application on an open house; ends the process with one clear line if it cannot."""
    with refused_once():
        settings = settings or enter()
        try:
            house()
        except NoHouseError:
            open_house(settings)
    return _assembled(settings)


def for_commands() -> Flask:
    """The application as the `flask` commands need it: each opens the house itself."""
    app = Flask("wsgi")
    for group in (
        organisations_group,
        interactions_group,
        campaigns_group,
        _responses_group(),
        cases_group,
        objections_group,
        consents_group,
        restrictions_group,
        registers_group,
        mailboxes_group,
        permissions_group,
        statistics_group,
        rights_group,
        retention_group,
        holds_group,
        exports_group,
        privacy_group,
        receipts_group,
        storage_group,
        models_group,
        console.users_group,
        console.alarms_group,
        calls_group,
        keys_group,
        numbers_group,
        lines_group,
    ):
        _guard(group, f"{group.name}")
        app.cli.add_command(group)
    return app


def _guard(group: click.Group, name: str) -> None:
    for key, command in group.commands.items():
        if isinstance(command, click.Group):
            _guard(command, f"{name} {key}")
        elif command.callback is not None:
            command.callback = _guarded(command.callback, f"{name} {key}")


def _responses_group() -> click.Group:
    group = make_responses_group(mask_text)
    for command in HANDLING_COMMANDS:
        group.add_command(command)
    return group


def _assembled(settings: Settings) -> Flask:
    app = Flask("wsgi", static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=1_000_000,
    )
    app.register_blueprint(webhooks.bp)
    app.register_blueprint(text_webhooks.bp)
    app.register_blueprint(public_pages.bp)
    app.register_blueprint(no_page.bp)
    app.register_blueprint(rights_page.bp)
    app.register_blueprint(package_page.blueprint(masked))
    app.register_blueprint(withdraw_page.bp)
    app.register_blueprint(mine_page.bp)
    app.register_blueprint(mine_sound.bp)
    app.register_blueprint(health.bp)
    console.init_app(app)
    return app


organisations_group.add_command(make_apply_command(foreseen, prove))
privacy_group.add_command(policy_group)
privacy_group.add_command(disclosures_group)
privacy_group.add_command(restored_group)
storage_group.add_command(restore_check_command)
rights_group.add_command(package_command)
rights_group.add_command(correct_command)


@storage_group.command("migrate")
def migrate() -> None:
    """Bring the database to the shape this version needs; the release process runs it."""
    before = upgrading.upgrade(load_settings(), tell=tell_sealed)
    click.echo(f"database: {before or 'empty'} → {schema.head()}")


def _guarded(callback: C, name: str) -> C:
    @functools.wraps(callback)
    def run(*args: Any, **kwargs: Any) -> Any:
        opened = False
        try:
            if name not in HOUSELESS:
                try:
                    house()
                except NoHouseError:
                    open_house(load_settings(), restored=name in MENDING)
                    opened = True
            return callback(*args, **kwargs)
        except EXPECTED as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(REFUSED)
        finally:
            if opened:
                # Left to the end of the process, SQLite's log is not always written back.
                close_house()

    return run  # type: ignore[return-value]
