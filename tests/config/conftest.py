"""A copy of the operator's folder that a test may spoil."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.directory import Configuration, load_configuration
from config.problems import ConfigurationError

SHIPPED = Path(__file__).resolve().parents[2] / "config"


@dataclass(frozen=True)
class Folder:
    """An operator's folder; `edit` changes one file, `problems` says what is then wrong."""

    path: Path

    def edit(self, file: str, old: str, new: str) -> None:
        target = self.path / file
        text = target.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {file}"
        target.write_text(text.replace(old, new, 1), encoding="utf-8")

    def write(self, file: str, content: bytes) -> None:
        (self.path / file).write_bytes(content)

    def load(self) -> Configuration:
        return load_configuration(self.path)

    def problems(self) -> list[str]:
        try:
            self.load()
        except ConfigurationError as error:
            return [str(problem) for problem in error.problems]
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Everything that is shipped, in a folder of its own."""
    for part in ("organisations", "surveys", "prompts"):
        shutil.copytree(SHIPPED / part, tmp_path / part)
    return Folder(tmp_path)


@pytest.fixture(scope="session")
def shipped() -> Configuration:
    """What is shipped, loaded."""
    return load_configuration(SHIPPED)
