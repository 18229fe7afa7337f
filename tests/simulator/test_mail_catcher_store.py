"""The folder of caught mails is bounded, private and can be emptied."""

from datetime import UTC, datetime
from pathlib import Path

from simulator.mail_catcher_store import MailStore

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def add(store: MailStore, subject: str, body: str = "text") -> int:
    content = f"From: a@x.example\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()
    return store.add(content, sender="a@x.example", recipients=["b@x.example"], at=NOON)


def subjects(store: MailStore) -> list[str]:
    return [mail.subject for mail in store.mails()]


def test_the_newest_comes_first_and_keeps_its_time(tmp_path: Path) -> None:
    store = MailStore(tmp_path)

    add(store, "one")
    add(store, "two")

    assert subjects(store) == ["two", "one"]
    assert next(store.mails()).arrived == NOON


def test_the_oldest_goes_when_there_are_too_many(tmp_path: Path) -> None:
    store = MailStore(tmp_path, most=2)

    for subject in ("one", "two", "three"):
        add(store, subject)

    assert subjects(store) == ["three", "two"]


def test_the_oldest_goes_when_they_weigh_too_much_but_the_newest_stays(tmp_path: Path) -> None:
    store = MailStore(tmp_path, most_bytes=2000)

    add(store, "small")
    add(store, "large", "x" * 5000)

    assert subjects(store) == ["large"]


def test_erasing_one_leaves_the_others_and_its_number_is_not_used_again(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    add(store, "one")
    last = add(store, "two")

    assert store.erase(last) == 1
    assert store.erase(last) == 0
    assert subjects(store) == ["one"]
    assert add(store, "three") == last + 1


def test_erasing_all_leaves_no_file(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    add(store, "one")
    (tmp_path / "000000009.part").write_bytes(b"half a mail")

    store.erase()

    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_read_the_files_and_their_names_say_nothing(tmp_path: Path) -> None:
    store = MailStore(tmp_path / "mail")

    add(store, "secret")

    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "000000001.eml"
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


def test_a_mail_with_only_html_shows_that(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    content = b"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hej</p>\r\n"

    number = store.add(content, sender="", recipients=["b@x.example"], at=NOON)

    mail = store.get(number)
    assert mail is not None
    assert mail.text.strip() == "<p>Hej</p>"
