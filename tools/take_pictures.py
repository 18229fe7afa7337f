"""Takes the pictures of docs/pictures from the running service: `make pictures`.

It starts everything in a temporary folder, waits until the simulated customers have spoken, and
answers one call itself.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tools.whole_service import WholeService

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
NUMBER = "+46701740605"
SAMPLE = "en-02"
WIDE: ViewportSize = {"width": 1280, "height": 860}
NARROW: ViewportSize = {"width": 390, "height": 844}
LARGEST_BYTES = 300_000
# With words, on the first page: most of the town speaks a language without a packaged model.
COMMENTS = 5
PATIENCE = 300_000


def main() -> int:
    """Take every picture anew; 1 when one has grown too large."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no chromium on this machine (apt-get install chromium).", file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gk-pictures-") as folder:
        service = WholeService(Path(folder) / "data", quiet_town=False)
        with service, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            _take(browser, service)
            browser.close()
    large = [p.name for p in PICTURES.glob("*.png") if p.stat().st_size > LARGEST_BYTES]
    for name in large:
        print(f"{name} is larger than {LARGEST_BYTES} bytes", file=sys.stderr)
    return 1 if large else 0


def _take(browser: Browser, service: WholeService) -> None:
    console, phone = browser.new_page(viewport=WIDE), browser.new_page(viewport=WIDE)
    for page in (console, phone):
        page.set_default_timeout(PATIENCE)
    name, password = service.sign_in
    console.goto(service.console)
    console.get_by_label("Name").fill(name)
    console.get_by_label("Password").fill(password)
    console.get_by_role("button", name="Sign in").click()
    console.goto(service.console + "comments")
    expect(console.locator("[data-words]").nth(COMMENTS)).to_be_visible(timeout=PATIENCE)
    phone.goto(f"{service.network}/lab/")
    _register(console, service)
    _answer(phone)
    _overview(console, service)


def _register(console: Page, service: WholeService) -> None:
    console.goto(service.console + "new-case")
    console.get_by_label("Campaign").select_option(label="Exempelkredit: after-case")
    console.get_by_label("Telephone").fill(NUMBER)
    console.get_by_label("Language").select_option(label="English")
    console.get_by_role("button", name="Register and call").click()


def _answer(phone: Page) -> None:
    """Somebody dissatisfied; the picture is taken while the second question is asked."""
    phone.get_by_role("button", name="Answer").click()
    _press(phone, "How satisfied", "2")
    expect(phone.locator("#caption")).to_contain_text("How likely", timeout=PATIENCE)
    # The key that was pressed is lit for a moment.
    expect(phone.locator("[data-key].down")).to_have_count(0)
    phone.screenshot(path=PICTURES / "phone-lab.png")
    phone.set_viewport_size(NARROW)
    phone.screenshot(path=PICTURES / "phone-lab-narrow.png")
    phone.set_viewport_size(WIDE)
    _press(phone, "How likely", "5")
    _press(phone, "leave a spoken comment", "1")
    # Where there is no microphone it opens by itself, sooner or later.
    phone.locator("summary").evaluate("one => one.parentElement.open = true")
    phone.get_by_label("Sample").select_option(value=SAMPLE)
    phone.get_by_role("button", name="Say it").click()
    _press(phone, "To keep your comment", "1")
    _press(phone, "May we contact you", "1")
    expect(phone.locator("body")).to_have_attribute("data-state", "ended", timeout=PATIENCE)


def _press(phone: Page, question: str, key: str) -> None:
    expect(phone.locator("#caption")).to_contain_text(question, timeout=PATIENCE)
    phone.locator(f'[data-key="{key}"]').click()


def _overview(console: Page, service: WholeService) -> None:
    """The comment that was spoken, being played; the town may have spoken since."""
    console.goto(service.console)
    ours = console.locator("[data-comment]").filter(has_text="forty minutes").first
    expect(ours.locator(".words")).to_be_visible(timeout=PATIENCE)
    ours.locator(".word").nth(5).click()
    expect(ours.locator("[data-now]")).to_have_text("0:03")
    console.screenshot(path=PICTURES / "console.png")
    console.set_viewport_size(NARROW)
    console.screenshot(path=PICTURES / "console-narrow.png")


if __name__ == "__main__":
    sys.exit(main())
