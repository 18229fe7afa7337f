"""What must hold of every page: whole HTML, labels, unique ids, safe headers, nothing inline."""

import re
from html.parser import HTMLParser

from werkzeug.test import TestResponse

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track"}
)
AWAY = re.compile(r"(?i)\s*(javascript|https?:|//)")
NEEDS_A_LABEL = frozenset({"input", "select", "textarea"})


class Page(HTMLParser):
    """The page as a reader that forgives nothing."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.labels_for: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.refers: list[str] = []
        self.count: dict[str, int] = {}
        self._open: list[str] = []
        self._names: list[list[str]] = []
        self.feed(text)
        self.close()
        if self._open:
            self.faults.append(f"never closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.count[tag] = self.count.get(tag, 0) + 1
        if len(found) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.faults.append(f"<{tag}> carries {name}")
            if name == "id":
                self.ids.append(value or "")
            if name in ("aria-labelledby", "aria-describedby", "aria-controls"):
                self.refers += (value or "").split()
            if name in ("href", "src", "action") and re.match(
                r"(?i)\s*(javascript|https?:)", value or ""
            ):
                self.faults.append(f"<{tag}> leads away: {value}")
        if tag == "label":
            self.labels_for.add(found.get("for") or "")
        if tag in NEEDS_A_LABEL and found.get("type") not in ("hidden", "submit"):
            self.fields.append(found)
        if tag == "img" and "alt" not in found:
            self.faults.append("an image without alt")
        if tag == "script" and "nonce" not in found:
            self.faults.append("a script without nonce")
        if tag == "form" and "action" not in found:
            self.faults.append("a form without action")
        if tag == "form" and found.get("method") not in ("get", "post"):
            self.faults.append("a form without method")
        if tag in ("a", "button"):
            self._names.append([found.get("aria-label") or ""])
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for name in self._names:
            name.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
            return
        self._open.pop()
        if tag in ("a", "button") and not "".join(self._names.pop()):
            self.faults.append(f"<{tag}> has no name")


def check_page(answer: TestResponse) -> None:
    """Raise AssertionError with everything that is wrong with an answer of the console."""
    headers = answer.headers
    if "/static/" not in answer.request.path:
        assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    if answer.mimetype != "text/html" or answer.status_code in (301, 302, 303, 308):
        return
    page = Page(answer.text)
    whole = answer.text.lstrip().lower().startswith("<!doctype html>")
    faults = list(page.faults)
    twice = {one for one in page.ids if page.ids.count(one) > 1}
    if twice:
        faults.append(f"ids used twice: {twice}")
    for field in page.fields:
        if field.get("id") not in page.labels_for and not field.get("aria-label"):
            faults.append(f"a field without label: {field}")
    missing = set(page.refers) - set(page.ids)
    if missing:
        faults.append(f"refers to ids that are not there: {missing}")
    if whole:
        for tag in ("title", "main", "h1"):
            if page.count.get(tag) != 1:
                faults.append(f"{page.count.get(tag, 0)} times <{tag}>")
        for nonce in re.findall(r'nonce="([^"]*)"', answer.text):
            if f"'nonce-{nonce}'" not in policy:
                faults.append("a nonce that the policy does not know")
    words = re.sub(r"<[^>]*>", " ", answer.text)
    if re.search(r"\w'\w", words):
        faults.append("a typewriter's apostrophe")
    assert not faults, f"{answer.request.path}: {faults}"
