"""What the README says is there."""

import re
from pathlib import Path

import click

import wsgi
from console.dates import language_name

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_file_the_readme_and_the_docs_link_to_exists() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE)) <= targets
    assert {"help", "run", "test", "check", "bench", "demo-data"} <= targets


def test_every_command_of_the_readme_exists_with_its_options() -> None:
    groups = wsgi.for_commands().cli.commands
    told = re.findall(r"`flask ([a-z]+) ([^`]+)`", README.replace("\\|", "|"))

    assert len(told) > 15
    for name, words in told:
        group = groups[name]
        assert isinstance(group, click.Group)
        for alternative in words.split(" --")[0].split(" [")[0].split("|"):
            command = group.commands[alternative.split()[0]]
            options = {one for param in command.params for one in param.opts}
            needed = {param.opts[0] for param in command.params if is_needed(param)}
            named = set(re.findall(r"--[a-z-]+", words))
            assert named <= options, f"flask {name} {words}"
            assert words.endswith("…") or needed <= named, f"flask {name} {words}"


def is_needed(param: click.Parameter) -> bool:
    return isinstance(param, click.Option) and param.required


def test_what_the_readme_says_to_press_and_choose_is_on_the_pages() -> None:
    section = README.split("## Answer the phone yourself")[1].split("\n## ")[0]
    pages = [
        path.read_text("utf-8")
        for folder in ("console/templates", "simulator/templates", "config/organisations")
        for path in (ROOT / folder).rglob("*.*")
    ]
    names = re.findall(r"(?<!\*)\*([^*`\n]+)\*(?!\*)", section)

    assert len(names) > 5
    shown = "".join([*pages, *map(language_name, ("sv", "en"))])
    assert [n for n in names if not all(part in shown for part in n.split(": "))] == []


def test_every_test_and_command_of_the_page_of_proofs_exists() -> None:
    page = (ROOT / "docs/proofs.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    folders = {"P": "tests/privacy", "M": "tests/messaging", "S": "tests/storage"} | {
        "C": "tests/console"
    }
    named = re.findall(r"`([PMSC]|tests/[a-z]+)/([a-z_]+\.py)(?:::(\w+))?`", page)
    files = [(ROOT / folders.get(room, room) / file, test) for room, file, test in named]
    commands = re.findall(r"`flask ([a-z -]+)`", page)

    assert [row for row in rows if "`" not in row.split("|")[2]] == []
    assert [path.name for path, _ in files if not path.is_file()] == []
    assert [test for path, test in files if said(test) not in path.read_text("utf-8")] == []
    assert [words for words in commands if not is_command(words.split())] == []


def said(test: str) -> str:
    """What a file says where that test is; one of benchmarks has none."""
    return f"def {test}(" if test else "def "


def is_command(words: list[str]) -> bool:
    found: click.Command | None = wsgi.for_commands().cli
    for word in words:
        found = found.commands.get(word) if isinstance(found, click.Group) else None
    return found is not None
