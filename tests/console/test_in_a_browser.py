"""The console in a real browser: the scripts run under the policy, play, follow words, refresh."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import delete, select
from werkzeug.serving import make_server

from storage import periodic, users
from storage.house import house, reading, transaction, utc_now
from storage.listening_words import Act
from storage.states import CommentState
from storage.tables import Answer, Listening, Role, Sitting
from tests import rows
from tests.console.browsers import PASSWORD
from tests.console.worlds import World, change, make_recording

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The console on a port of its own, over plain HTTP."""
    app.config["SESSION_COOKIE_SECURE"] = False
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/console/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def window(address: str, world: World) -> Iterator[Page]:
    """A window of somebody signed in who sees all organisations, so every moment names its zone.

    Whatever the browser complains of fails the test.
    """
    rows.make_organisation(timezone="Europe/Helsinki")
    with transaction() as session:
        users.create(
            session, house().keyring, name="anna", password=PASSWORD, role=Role.SUPERVISOR,
            organisation_id=None, at=utc_now(),
        )  # fmt: skip
    complaints: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "401" not in said.text else None,
        )
        page.goto(address)
        page.fill("#name", "anna")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("h1:has-text('Overview')")
        yield page
        browser.close()
    assert complaints == []


def now_playing(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-audio]').currentTime"))


def wait_until_past(page: Page, second: float) -> None:
    """Wait until the sound has come so far; the policy forbids the driver to do it in the page."""
    for _ in range(100):
        if now_playing(page) >= second:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"still at {now_playing(page)}")


def test_a_comment_is_played_from_the_word_that_was_clicked(window: Page, world: World) -> None:
    # The script is deferred: the page may be there a moment before it.
    expect(window.locator("[data-audio][controls]")).to_have_count(0)
    window.click(".word.masked")
    window.wait_for_selector(".player.playing")
    wait_until_past(window, 1)
    window.click("[data-play]")

    # The player tells of the pause a moment after the click.
    expect(window.locator("[data-play]")).to_have_attribute("aria-label", "Play")
    assert 1.0 <= now_playing(window) < 4.0
    with reading() as session:
        heard = session.scalars(select(Listening.item_id).where(Listening.act == Act.HEARD)).all()
    assert heard == [world.recording.id]


def test_the_player_and_the_words_can_be_used_by_keys(window: Page) -> None:
    window.focus("[data-wave]")
    window.keyboard.press("ArrowRight")
    assert window.get_attribute("[data-wave]", "aria-valuenow") == "5"
    window.keyboard.press("Home")
    assert window.get_attribute("[data-wave]", "aria-valuenow") == "0"
    window.focus("[data-words]")
    window.keyboard.press("ArrowRight")
    window.keyboard.press("ArrowRight")
    assert window.inner_text(".word.chosen") == "ring"
    window.keyboard.press("Enter")
    window.wait_for_selector(".player.playing")
    wait_until_past(window, 0.5)


def test_a_new_comment_appears_by_itself_and_the_old_one_stays_untouched(
    window: Page, world: World
) -> None:
    window.focus("[data-words]")
    customer = rows.make_customer(world.organisation, phone="+46701740677", at=utc_now())
    invitation = rows.make_invitation(world.campaign, customer, at=utc_now())
    response = rows.make_response(world.campaign, invitation, at=utc_now(), score=10)
    at = utc_now() + timedelta(seconds=1)
    comment = rows.make_comment(response, at=at, state=CommentState.AUDIO_ONLY)
    make_recording(
        world.organisation.id,
        world.recording.call_id,
        rows.wav(2.0),
        visit=6,
        comment_id=comment.id,
    )

    window.wait_for_selector(f'li[data-key="{comment.id}"]', timeout=20_000)

    keys = window.eval_on_selector_all("[data-items] > li", "all => all.map(x => x.dataset.key)")
    assert keys == [str(comment.id), str(world.comment.id)]
    assert window.evaluate("document.activeElement.hasAttribute('data-words')")
    assert window.inner_text("[data-announcer]") == "One new comment."
    assert window.locator("[data-play]:visible").count() == 2


def test_a_page_left_open_shows_nothing_once_its_sitting_is_over(window: Page) -> None:
    with transaction() as session:
        session.execute(delete(Sitting))

    window.wait_for_selector("#password", timeout=20_000)

    assert "then=%2Fconsole%2F" in window.url
    assert window.locator("[data-player]").count() == 0


@pytest.mark.parametrize("width", [390, 900, 1280])
def test_no_page_is_wider_than_its_window(window: Page, world: World, width: int) -> None:
    window.set_viewport_size({"width": width, "height": 844})
    satisfied = Answer(
        organisation_id=world.organisation.id, response_id=world.response.id,
        question_key="satisfaction", kind="csat", number=5, answered_at=utc_now(),
    )  # fmt: skip
    rows.add(satisfied)
    change(world.organisation, name="Exempelprogramvara med dotterbolag")
    with transaction() as session:
        for job in periodic.claim_due(session, now=utc_now()):
            periodic.mark_done(session, job, now=utc_now())
    for path in (
        "", "responses", f"responses/{world.response.id}", "comments", "messages",
        f"messages/{world.message.id}", "new-case", f"cases/{world.invitation.id}", "system",
        "campaigns", f"campaigns/{world.campaign.id}",
    ):  # fmt: skip
        window.goto(window.url.split("/console/")[0] + "/console/" + path)
        spare = "document.documentElement.clientWidth - document.documentElement.scrollWidth"
        assert window.evaluate(spare) == 0, path


def test_on_a_telephone_the_other_rooms_are_behind_more(window: Page) -> None:
    window.set_viewport_size({"width": 390, "height": 844})
    system = window.get_by_role("link", name="System")
    assert not system.is_visible()

    window.get_by_text("More", exact=True).click()
    system.click()

    window.wait_for_url("**/console/system")
    assert window.locator(".more summary.here").count() == 1
    assert not window.get_by_role("link", name="System").is_visible()
