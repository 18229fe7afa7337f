"""What somebody does who tries Genklang: register a case, answer the phone, read the comment.

The processes are those of `make run`, and all that is done is done in a browser. Speech goes
through the browser's microphone.
"""

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from simulator.population_voices import Tone, voices
from tests.browser.microphone import Loop
from tools.whole_service import WholeService

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("the whole service in a browser"),
]

NUMBER = "+46701740688"
MAILBOX = "+46313900611"
MOST_WRONG_WORDS = 2
# A call, a transcription, a page on a machine that does much else meanwhile.
PATIENCE = 120_000


@pytest.fixture(scope="module")
def window(browser: Browser, service: WholeService) -> Iterator[Page]:
    """A window of the console, signed in with what was printed."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    sign_in(page, service)
    yield page
    page.close()


@pytest.fixture(scope="module")
def phone(browser: Browser, service: WholeService) -> Iterator[Page]:
    """The phone lab as a telephone of our own, at a pace that spares waiting."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{service.network}/lab/?number={NUMBER.replace('+', '%2B')}&pace=8")
    expect(page.locator("body")).to_have_attribute("data-link", "up", timeout=PATIENCE)
    yield page
    page.close()


@pytest.fixture(scope="module")
def called(window: Page, phone: Page, service: WholeService, spoken: Loop) -> None:
    """A case was registered, the phone rang, questions were answered, a comment was spoken."""
    window.goto(service.console + "new-case")
    window.get_by_label("Campaign").select_option(label="Exempelkredit: after-case")
    window.get_by_label("Telephone").fill(NUMBER)
    window.get_by_label("Language").select_option(label="English")
    window.get_by_role("button", name="Register and call").click()

    state(phone, "ringing")
    phone.get_by_role("button", name="Answer").click()
    answer(phone, "how satisfied are you", "5")
    answer(phone, "how likely is it", "10")
    answer(phone, "leave a spoken comment", "1")
    state(phone, "recording")
    say_twice(phone, spoken)
    press(phone, "#")
    answer(phone, "to keep your comment", "1")
    heard(phone, "thank you for your answers")
    state(phone, "ended")
    phone.get_by_role("button", name="Close").click()


@pytest.fixture
def comment(window: Page, called: None, service: WholeService) -> Locator:
    """The comment on the console's page of comments."""
    window.goto(service.console + "comments")
    expect(window.locator("[data-words]")).to_be_visible(timeout=PATIENCE)
    return window.locator("[data-comment]")


def test_the_comment_says_what_was_said(comment: Locator, spoken: Loop) -> None:
    words = comment.locator(".word").all_inner_texts()

    assert wrong_words(spoken.voice.text.split(), words) <= MOST_WRONG_WORDS, words
    expect(comment.locator(".scores")).to_contain_text("5")
    expect(comment.locator(".scores")).to_contain_text("10")


def test_the_comment_is_played_from_the_word_that_is_clicked(comment: Locator) -> None:
    audio = comment.locator("audio")
    words = comment.locator(".word")
    word = words.nth(words.count() // 2)
    start = float(word.get_attribute("data-at") or "0")

    word.click()

    expect(comment.locator(".player")).to_have_class(re.compile("playing"), timeout=PATIENCE)
    # Only what plays comes so far: half a second past a word in the middle.
    until(comment.page, lambda: audio.evaluate("one => one.currentTime") >= start + 0.5)
    assert start > 1
    assert audio.evaluate("one => one.error") is None
    expect(comment.locator(".word.spoken")).to_have_count(1)


def test_a_message_is_left_and_announced_by_mail(
    window: Page, phone: Page, browser: Browser, service: WholeService
) -> None:
    said = voices("sv", Tone.NEGATIVE)[0]
    expect(phone.locator("#to")).to_contain_text("Växeln", timeout=PATIENCE)
    phone.locator("#to").select_option(value=MAILBOX)
    phone.get_by_role("button", name="Call", exact=True).click()
    state(phone, "recording")
    phone.get_by_text("Say a sample").click()
    phone.get_by_label("Sample").select_option(label=said.text.capitalize())
    phone.get_by_role("button", name="Say it").click()
    heard(phone, "tryck 1")
    press(phone, "1")
    state(phone, "ended")
    phone.get_by_role("button", name="Close").click()

    window.goto(service.console + "messages")
    until(window, lambda: reloaded(window).locator(".excerpt").count() == 1, every=1000)
    # What the microphone heard before the sample was chosen comes first.
    assert window.locator(".excerpt").inner_text().strip().endswith(said.text)
    window.locator("a.line").click()
    expect(window.locator("dl.facts")).to_contain_text(NUMBER)
    expect(window.get_by_role("button", name="Play")).to_be_visible()

    mail = browser.new_page()
    mail.goto(f"{service.network}/mail/")
    until(mail, lambda: reloaded(mail).locator(".mails a").count() == 1, every=1000)
    expect(mail.locator(".mail-to").first).to_contain_text("reception@exempelsvar.example")
    mail.locator(".mails a").first.click()
    expect(mail.locator(".mail-text")).not_to_contain_text(said.text)
    expect(mail.locator(".mail-text")).not_to_contain_text(NUMBER)
    mail.close()


def test_ctrl_c_ends_everything_and_a_second_start_finds_it_again(
    window: Page, comment: Locator, service: WholeService
) -> None:
    before = comment.locator(".words").inner_text()
    sign_in_before = service.sign_in
    assert service.processes() != []

    assert service.interrupt(seconds=30) == 0

    assert service.processes() == []
    assert service.printed[-1].startswith("Stopped. Everything is kept in")

    service.start()

    assert service.sign_in == sign_in_before
    window.context.clear_cookies()
    sign_in(window, service)
    window.goto(service.console + "comments")
    assert window.locator("[data-comment] .words").inner_text() == before


def test_the_simulated_town_is_given_new_cases(service: WholeService) -> None:
    assert service.command("run.py", "--demo-data") == ("40 people have a newly closed case.\n")

    assert not_due_at_once(service) == 0


def not_due_at_once(service: WholeService) -> int:
    """How many people wait for another day although they have not been called yet."""
    later = "state = 'planned' and due_at > created_at"
    address = f"file:{service.data_dir}/genklang.db?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
        count: int
        (count,) = database.execute(
            f"select count(*) from invitations where {later}"  # noqa: S608 - our own
        ).fetchone()
    return count


def sign_in(page: Page, service: WholeService) -> None:
    name, password = service.sign_in
    page.goto(service.console)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview", timeout=PATIENCE)


def until(page: Page, holds: Callable[[], bool], *, every: int = 100) -> None:
    """Look again and again, every so many milliseconds; the policy forbids the page to do it."""
    for _ in range(PATIENCE // every):
        if holds():
            return
        page.wait_for_timeout(every)
    raise AssertionError("it did not happen in time")


def reloaded(page: Page) -> Page:
    page.reload()
    return page


def state(phone: Page, name: str) -> None:
    expect(phone.locator("body")).to_have_attribute("data-state", name, timeout=PATIENCE)


def heard(phone: Page, words: str) -> None:
    expect(phone.locator("#transcript")).to_contain_text(
        re.compile(re.escape(words), re.IGNORECASE), timeout=PATIENCE
    )


def press(phone: Page, key: str) -> None:
    phone.locator(f'[data-key="{key}"]').click()


def answer(phone: Page, question: str, keys: str) -> None:
    """Wait for the question and press the keys, one by one as a thumb does."""
    heard(phone, question)
    for key in keys:
        press(phone, key)


def say_twice(phone: Page, spoken: Loop) -> None:
    """Let the microphone say its sentence twice over, which is once whole wherever it began."""
    expect(phone.locator("#meter")).to_be_visible(timeout=PATIENCE)
    seconds = 2 * spoken.seconds + 1
    phone.wait_for_function(
        "least => { const [m, s] = document.querySelector('#recording-time').textContent"
        ".split(' ')[0].split(':').map(Number); return 60 * m + s >= least; }",
        arg=seconds,
    )


def wrong_words(said: list[str], written: list[str]) -> int:
    """How many words of `said` are missing, added or other where it is found best in `written`."""
    row = [0] * (len(written) + 1)
    for n, wanted in enumerate(said, start=1):
        above, row = row, [n]
        for m, word in enumerate(written, start=1):
            row.append(min(above[m - 1] + (word != wanted), above[m] + 1, row[m - 1] + 1))
    return min(row)
