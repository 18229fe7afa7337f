"""The officer sees what goes on which day, what is kept back and why; of their own alone."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from config.retention_rules import KEPT_BY_NOTHING, DataClass
from console import hold_words
from console.counted import counted
from privacy import export_care, forecast, holds
from privacy.kinds import KINDS
from privacy.log_kinds import LOG_KINDS
from storage.export_words import ExportKind, ExportReason
from storage.house import House, transaction, utc_now
from storage.matters import HoldScope
from storage.tables import Hold, Organisation, Role
from survey.export_book import Errand, written
from tests.accounts import call_account
from tests.console.browsers import Browser
from tests.console.worlds import World
from tests.privacy.test_holds import LEGAL
from tests.privacy.test_logs_by_age import make_user, schedule
from tests.privacy.traces import leave_traces
from tests.rows import make_organisation

SignIn = Callable[..., Browser]
PAGE = "/console/forgetting"


def organisation_with(house: House, *, days_ago: int) -> Organisation:
    """Somebody answered and commented there so many days ago."""
    rules = schedule(answers=LEGAL, free_comments={"keep": "90 days"})
    organisation = make_organisation(retention=rules)
    leave_traces(house, at=utc_now() - timedelta(days=days_ago), organisation=organisation)
    return organisation


def test_each_day_says_what_goes_on_it(sign_in: SignIn, house: House) -> None:
    organisation = organisation_with(house, days_ago=2_000)
    leave_traces(house, at=utc_now() - timedelta(days=80), organisation=organisation)

    page = sign_in(Role.OFFICER, organisation).get(PAGE).text

    today, later = page.split("Today", 1)[1].split("</tr>", 1)
    assert "1 comment, 1 response" in today
    assert "<td>1 comment</td>" in later


def test_a_hold_is_shown_with_its_reason_and_what_it_keeps_back(
    sign_in: SignIn, house: House
) -> None:
    organisation = organisation_with(house, days_ago=2_000)
    owner = make_user(organisation.id)
    call_account(owner.id, "zqx-owner")
    with transaction() as session:
        holds.add(
            session, organisation, holds.of_class(DataClass.ANSWERS), reason="tvist med kund",
            owner=owner, review_at=utc_now() + timedelta(days=9), ends_at=None,
            keyring=house.keyring, now=utc_now(),
        )  # fmt: skip

    page = sign_in(Role.OFFICER, organisation).get(PAGE).text

    assert "<b>Kept back past their time:</b> 1 response." in page
    assert "tvist med kund" in page
    assert "zqx-owner" in page
    assert '<span class="fine">all answers <span class="dot">' in page
    assert "Restriction against a promised period" in page


def test_every_class_that_can_be_held_has_words_and_so_has_every_other_hold() -> None:
    some = UUID(int=1)
    others = [
        Hold(scope=HoldScope.CUSTOMER, customer_id=some),
        Hold(scope=HoldScope.CASE, case_id=some),
        Hold(scope=HoldScope.ITEM, comment_id=some, invitation_id=some),
        Hold(scope=HoldScope.ITEM, invitation_id=some),
        Hold(scope=HoldScope.ITEM, call_id=some),
    ]

    assert set(hold_words.CLASSES) == set(DataClass) - set(KEPT_BY_NOTHING)
    assert [hold_words.kept_by(one) for one in others] == [
        "everything of one person", "one case, with all it needs", "one comment",
        "one contact with its answers", "one call, with its message",
    ]  # fmt: skip


def test_another_organisations_days_are_not_shown(
    sign_in: SignIn, house: House, world: World
) -> None:
    other = organisation_with(house, days_ago=2_000)
    with transaction() as session:
        session.get_one(Organisation, other.id).name = "Grannbolaget"

    page = sign_in(Role.OFFICER, world.organisation).get(PAGE).text

    assert world.organisation.name in page
    assert "Grannbolaget" not in page


def test_a_schedule_that_cannot_be_read_is_said(sign_in: SignIn, house: House) -> None:
    organisation = make_organisation(retention=[{"class": "answers", "keep": "long"}])

    page = sign_in(Role.OFFICER, organisation).get(PAGE).text

    assert "cannot be read, so nothing is deleted by age there" in page


def test_files_that_commands_wrote_are_shown_until_they_are_gone(
    sign_in: SignIn, house: House
) -> None:
    mine, other = make_organisation(), make_organisation()
    now = utc_now()
    for organisation, kind in ((mine, ExportKind.PACKAGE), (other, ExportKind.NUMBERS)):
        errand = Errand(organisation, kind, ExportReason.REQUEST, ".zip", None)
        with written(house, errand, now=now - timedelta(days=8)) as draft:
            draft.path.write_text("x")
    browser = sign_in(Role.OFFICER, mine)

    before = browser.get(PAGE).text
    export_care.remove_due(data_dir=house.settings.data_dir, keyring=house.keyring, now=now)

    assert "Everything kept of one person" in before
    assert "past its time" in before
    assert "Numbers for a register" not in before
    assert "Files that commands wrote" not in browser.get(PAGE).text


def test_everything_that_is_foretold_has_a_word() -> None:
    told = {kind.counted_as for kind in (*KINDS, *LOG_KINDS) if kind not in forecast.UNTOLD}

    for name in (*told, forecast.EXPORT_FILES):
        assert counted(str(name), 1) != counted(str(name), 2)
