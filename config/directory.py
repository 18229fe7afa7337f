"""The operator's folder, read whole: every organisation, survey and language, or every fault."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import TypeVar

from pydantic import BaseModel

from config.marked_yaml import Fault, Marked, Path, read_yaml
from config.notations import LANGUAGES, check_language
from config.organisation_checks import check_organisation
from config.organisation_file import Organisation
from config.problems import ConfigurationError, Problem
from config.prompt_file import Prompts, read_prompts
from config.survey_checks import check_survey
from config.survey_file import Survey
from config.validation import field_text, validate

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything the operator's folder says, by key; prompts by language."""

    organisations: Mapping[str, Organisation]
    surveys: Mapping[str, Survey]
    prompts: Mapping[str, Prompts]


def load_configuration(directory: File) -> Configuration:
    """The whole folder; raises ConfigurationError with every fault of every file."""
    reader = _Reader(directory)
    prompts = reader.prompts()
    surveys = {key: reader.survey(key, marked) for key, marked in reader.files("surveys")}
    organisations = {
        key: reader.organisation(key, marked, surveys=surveys)
        for key, marked in reader.files("organisations")
    }
    reader.check_numbers(organisations)
    reader.check_spoken(organisations, prompts)
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return Configuration(
        organisations={key: found for key, found in organisations.items() if found},
        surveys={key: found for key, found in surveys.items() if found},
        prompts={key: found for key, found in prompts.items() if found},
    )


def load_prompts(directory: File) -> Mapping[str, Prompts]:
    """The phrases of every language; raises ConfigurationError with every fault found in them."""
    reader = _Reader(directory)
    prompts = reader.prompts()
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return {key: found for key, found in prompts.items() if found}


class _Reader:
    """Reads one folder and collects what is wrong with it."""

    def __init__(self, directory: File) -> None:
        self._directory = directory
        self._marks: dict[str, Marked] = {}
        self.problems: list[Problem] = []

    def files(self, folder: str) -> Iterator[tuple[str, Marked]]:
        """The key and content of each YAML file of a folder, in order of name."""
        place = self._directory / folder
        if not place.is_dir():
            self._add(folder, [Fault(1, (), "is missing; it is a folder with a file for each")])
            return
        for path in sorted(place.iterdir()):
            if path.name.startswith((".", "#")) or path.suffix not in (".yaml", ".yml"):
                continue
            name = f"{folder}/{path.name}"
            if path.suffix == ".yml":
                self._add(name, [Fault(1, (), "ends in .yml; rename it to end in .yaml")])
                continue
            try:
                raw = path.read_bytes()
            except OSError as error:
                self._add(name, [Fault(1, (), f"cannot be read: {error.strerror}")])
                continue
            self._marks[name] = read_yaml(raw)
            yield path.stem, self._marks[name]

    def prompts(self) -> dict[str, Prompts | None]:
        """The phrases per language; None for a file at fault."""
        found: dict[str, Prompts | None] = {}
        for language, marked in self.files("prompts"):
            name = f"prompts/{language}.yaml"
            prompts, faults = read_prompts(marked)
            try:
                check_language(language)
            except ValueError as error:
                faults.append(Fault(1, (), f"has a name that {error}"))
            self._add(name, faults)
            found[language] = prompts
        return found

    def survey(self, key: str, marked: Marked) -> Survey | None:
        """The survey of a file; None for one at fault."""
        found = self._schema(Survey, f"surveys/{key}.yaml", marked)
        if found is None:
            return None
        faults = list(check_survey(found, file_key=key))
        self._found(f"surveys/{key}.yaml", faults)
        return None if faults else found

    def organisation(
        self, key: str, marked: Marked, *, surveys: Mapping[str, Survey | None]
    ) -> Organisation | None:
        """The organisation of a file; None when it does not fit the schema."""
        name = f"organisations/{key}.yaml"
        found = self._schema(Organisation, name, marked)
        if found is not None:
            self._found(name, check_organisation(found, file_key=key, surveys=surveys))
        return found

    def check_numbers(self, organisations: Mapping[str, Organisation | None]) -> None:
        """A number belongs to one line or one mailbox of one organisation: calls come in by it."""
        taken: dict[str, str] = {}
        for key, organisation in organisations.items():
            for kind in ("lines", "mailboxes"):
                for place, entry in enumerate(getattr(organisation, kind, ())):
                    path: Path = (kind, place, "number")
                    name = f"organisations/{key}.yaml"
                    where = f"{name}:{self._marks[name].line(path)}"
                    if entry.number in taken:
                        fault = f"{entry.number} is taken in {taken[entry.number]}"
                        self._found(name, [(path, fault)])
                    taken.setdefault(entry.number, where)

    def check_spoken(
        self,
        organisations: Mapping[str, Organisation | None],
        prompts: Mapping[str, Prompts | None],
    ) -> None:
        """Each language of an organisation needs its file of phrases."""
        for key, organisation in organisations.items():
            for place, language in enumerate(organisation.languages if organisation else ()):
                if language not in prompts and language in LANGUAGES:
                    fault = f"prompts/{language}.yaml is missing, so nothing can be said in it"
                    self._found(f"organisations/{key}.yaml", [(("languages", place), fault)])

    def _schema(self, schema: type[M], name: str, marked: Marked) -> M | None:
        found, faults = validate(schema, marked)
        self._add(name, faults)
        return found

    def _found(self, name: str, found: Iterable[tuple[Path, str]]) -> None:
        marked = self._marks[name]
        self._add(name, [Fault(marked.line(path), path, message) for path, message in found])

    def _add(self, name: str, faults: Iterable[Fault]) -> None:
        self.problems.extend(
            Problem(name, fault.line, field_text(fault.path), fault.message) for fault in faults
        )
