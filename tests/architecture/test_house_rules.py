"""Rules about the codebase that nobody has to remember."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from storage.periodic import PERIODIC
from storage.queue import QUEUE_OF, JobName, QueueName
from storage.tables import Row

ROOT = Path(__file__).parents[2]
ROOMS = (
    "config", "storage", "survey", "privacy", "ivr", "messaging", "voicemail", "transcription",
    "api", "console", "embedded", "simulator",
)  # fmt: skip
FORBIDDEN_NAMES = {
    "utils", "helpers", "misc", "common", "base", "constants", "models", "forms",
}  # fmt: skip


def sources() -> list[Path]:
    """Every Python file of the product, entry points included."""
    inside = [p for room in ROOMS for p in (ROOT / room).rglob("*.py")]
    return sorted([*inside, *ROOT.glob("*.py")])


def test_the_search_for_sources_finds_the_product() -> None:
    names = {p.relative_to(ROOT).as_posix() for p in sources()}

    assert {"wsgi.py", "storage/house.py", "ivr/flow.py", "simulator/signature.py"} <= names


def test_no_file_is_named_for_having_no_duty() -> None:
    assert [p for p in sources() if p.stem in FORBIDDEN_NAMES] == []


def test_no_file_has_two_duties() -> None:
    long = {
        p.relative_to(ROOT).as_posix(): count
        for p in sources()
        if "migrations/versions" not in p.as_posix()
        and (count := len(p.read_text().splitlines())) > 300
    }

    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        p.relative_to(ROOT).as_posix()
        for p in sources()
        if ast.get_docstring(ast.parse(p.read_text())) is None
    ]

    assert silent == []


@pytest.mark.parametrize("job", JobName, ids=lambda job: job.name)
def test_every_job_name_leads_to_a_function(job: JobName) -> None:
    module, _, name = job.value.rpartition(".")

    assert callable(getattr(importlib.import_module(module), name))


def test_every_queue_has_a_reader_in_the_procfile() -> None:
    procfile = dict(
        line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line
    )

    assert set(QUEUE_OF.values()) == set(QueueName)
    assert set(procfile) == {"web", "dialler", "worker", "transcriber", "schedule", "release"}
    # `worker.py` without arguments reads all queues but transcription; see worker.main.
    assert procfile["worker"].endswith("worker.py")
    assert procfile["transcriber"].endswith(f"worker.py {QueueName.TRANSCRIPTION}")


def test_every_sweep_count_purge_and_backup_is_on_the_schedule() -> None:
    names = ("SWEEP_", "SEND_TEXTS", "RECONCILE_", "PURGE", "MAIL_", "BACK_UP_", "COUNT_")
    periodic = {job for job in JobName if job.name.startswith(names)}

    assert set(PERIODIC) == periodic


def test_every_sealed_or_hashed_column_names_its_data_class() -> None:
    unnamed = [
        f"{table.name}.{column.name}"
        for table in Row.metadata.tables.values()
        for column in table.columns
        if column.name.endswith(("_sealed", "_hash"))
        and column.name != "password_hash"
        and not column.info.get("personal")
    ]

    assert unnamed == []


def test_every_row_that_can_be_somebodys_names_its_organisation() -> None:
    of_the_house = {
        "organisations",
        "sittings",
        "periodic_jobs",
        "leases",
        "purge_runs",
        "ledger_beats",
        "ledger_heads",
        "alembic_version",
    }
    without = [
        name
        for name, table in Row.metadata.tables.items()
        if "organisation_id" not in table.columns and name not in of_the_house
    ]

    assert without == []


def test_the_speech_library_is_never_asked_to_find_a_model_by_itself() -> None:
    """`Model(lang=…)` and `Model(model_name=…)` download without a checksum."""
    asking = [
        f"{path.name}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Model"
        and {k.arg for k in node.keywords} & {"lang", "model_name"}
    ]

    assert asking == []


def test_only_one_file_of_a_room_reads_the_providers_forms() -> None:
    readers = [
        p.relative_to(ROOT).as_posix()
        for room in ("ivr", "messaging", "storage")
        for p in (ROOT / room).rglob("*.py")
        if re.search(r"\brequest\.(form|values|args)\b", p.read_text())
    ]

    # What people send on the public pages is no form of the provider.
    pages = {name for name in readers if name.endswith(("_page.py", "_pages.py"))}
    assert set(readers) - pages <= {
        "ivr/events.py",
        "ivr/webhooks.py",
        "messaging/events.py",
        "messaging/webhooks.py",
        "storage/webhook_signature.py",
    }


def test_no_path_of_a_developers_machine_and_no_registrys_host_is_in_the_product() -> None:
    hosts = [("pypi", "org"), ("files", "pythonhosted"), ("registry", "npmjs"), ("deb", "debian")]
    homes = ["/" + folder + "/" for folder in ("home", "root")]
    bad = re.compile("|".join(map(re.escape, [*homes, *(".".join(host) for host in hosts)])))
    assert bad.search(f"{homes[1]}x")
    tracked = [p for p in sources() if bad.search(p.read_text())]

    assert tracked == []


def imported_modules(path: Path) -> set[str]:
    """The first names of everything a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_no_room_imports_an_entry_point_and_no_entry_point_the_simulator() -> None:
    """The import linter knows packages only; the entry points are single files."""
    entries = {p.stem for p in ROOT.glob("*.py")}
    upward = [
        p.relative_to(ROOT).as_posix()
        for p in sources()
        if p.parent != ROOT and imported_modules(p) & entries
    ]
    sideways = [p.name for p in ROOT.glob("*.py") if "simulator" in imported_modules(p)]

    assert entries >= {"wsgi", "worker", "schedule", "dialler", "run"}
    assert upward == []
    assert sideways == []
