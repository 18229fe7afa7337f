"""Which speech models are installed, which language each serves, and whether they are whole."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.faults import GiveUp

PROJECT_MODELS: Final = Path(__file__).resolve().parent.parent / "models"
"""The small English and Swedish models that come with the project."""

MANIFEST: Final = "manifest.json"
RECIPE: Final = "tools/speech-model"
"""The source named in the manifests of the project's own small models."""

_DEFAULT_RATE: Final = 16_000  # what Kaldi assumes when mfcc.conf names no rate
_SAME_LANGUAGE: Final = {"no": "nb", "nn": "nb", "nob": "nb", "nno": "nb", "nor": "nb"}
_THREE_LETTERS: Final = {"swe": "sv", "dan": "da", "fin": "fi", "eng": "en"}
_TAG: Final = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8})*", re.IGNORECASE)
_OFFICIAL_NAME: Final = re.compile(r"vosk-model-(?:small-|big-)?([a-z]{2,3})(?![a-z])")


class BrokenModel(GiveUp):
    """A directory that should hold a model and does not hold a whole one."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on disk that passed `inspect`. `sample_rate` in Hz, `size` in bytes.

    `identity` is written beside each transcript, so that a text can be told from one made by
    another model later.
    """

    language: str
    name: str
    path: Path
    sample_rate: int
    size: int
    bundled: bool

    @property
    def identity(self) -> str:
        """`genklang-sv` for the small models of the project, else the directory's name."""
        return f"genklang-{self.language}" if self.bundled else self.name


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that was found: the model to use per language, those in its shadow, and the broken."""

    in_use: Mapping[str, InstalledModel]
    shadowed: tuple[InstalledModel, ...]
    broken: Mapping[Path, str]

    def model_for(self, tag: str) -> InstalledModel | None:
        """The model for a language tag such as `sv-SE`, or None: such speech stays audio only."""
        return self.in_use.get(language_of(tag))


def language_of(tag: str) -> str:
    """Our language for any tag: `sv-SE` is `sv`; `no`, `nn` and `nb-NO` are `nb`.

    Raises ValueError for what is no language tag at all.
    """
    if not _TAG.fullmatch(tag):
        raise ValueError(f"“{tag}” is no language tag; write it like sv or sv-SE")
    primary = re.split("[-_]", tag.lower())[0]
    return _SAME_LANGUAGE.get(primary) or _THREE_LETTERS.get(primary) or primary


def find_models(models_dir: Path | None) -> Catalogue:
    """Look through `VOSK_MODELS_DIR` and the project's own models.

    Any other model wins over the project's small one of that language. Among several, a directory
    named exactly after the language (`sv`) wins, then the largest. A broken model is listed, never
    used, and does not hide a whole one.
    """
    found: list[InstalledModel] = []
    broken: dict[Path, str] = {}
    for folder in _folders(models_dir):
        for path in sorted(folder.iterdir()):
            if not path.is_dir() or path.name.startswith("."):
                continue
            try:
                found.append(inspect(path))
            except BrokenModel as error:
                broken[path] = str(error)
    return _choose(found, broken=broken)


def _folders(models_dir: Path | None) -> tuple[Path, ...]:
    wanted = {folder.resolve() for folder in (models_dir, PROJECT_MODELS) if folder is not None}
    return tuple(sorted(folder for folder in wanted if folder.is_dir()))


def _choose(found: Iterable[InstalledModel], *, broken: Mapping[Path, str]) -> Catalogue:
    best_first = sorted(
        found, key=lambda model: (model.bundled, model.name != model.language, -model.size)
    )
    in_use: dict[str, InstalledModel] = {}
    shadowed: list[InstalledModel] = []
    for model in best_first:
        if in_use.setdefault(model.language, model) is not model:
            shadowed.append(model)
    return Catalogue(in_use, tuple(shadowed), dict(broken))


def inspect(path: Path, *, language: str | None = None) -> InstalledModel:
    """Read one model directory; raises BrokenModel with what is missing and where.

    The language is the given one, else the manifest's, else the one in the directory's name.
    """
    missing = [part for part in ("am", "conf", "graph") if not (path / part).is_dir()]
    if missing:
        parts = ", ".join(f"{part}/" for part in missing)
        raise BrokenModel(f"{path} is no Vosk model: {parts} missing (wanted am/, conf/, graph/)")
    _need(path, "am/final.mdl")
    _need(path, "conf/mfcc.conf")
    if not (path / "graph/HCLG.fst").is_file():
        # A look-ahead model has two smaller graphs in place of the one.
        _need(path, "graph/HCLr.fst")
        _need(path, "graph/Gr.fst")
    for file in ("graph/HCLG.fst", "graph/HCLr.fst", "graph/Gr.fst"):
        if (path / file).is_file():
            _need(path, file)
    return InstalledModel(
        language=language or _language_in(path),
        name=path.name,
        path=path,
        sample_rate=_sample_rate_in(path),
        size=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        bundled=_manifest_in(path).get("source") == RECIPE,
    )


def damaged_files(path: Path) -> tuple[str, ...]:
    """Files of a model whose bytes differ from its manifest, or that are gone; () if all is well.

    A model without a manifest (unpacked by hand) has nothing to compare with and gives ().
    """
    manifest = _manifest_in(path)
    files = manifest.get("files", {})
    if not isinstance(files, dict):
        raise BrokenModel(f"{path / MANIFEST}: “files” must map file names to SHA-256 digests")
    return tuple(name for name, digest in files.items() if file_digest(path / name) != digest)


def write_manifest(path: Path, *, language: str, source: str, licence: str) -> None:
    """Note in the model's own directory what it is, where it came from and what its bytes are."""
    files = {
        file.relative_to(path).as_posix(): file_digest(file)
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }
    content = {
        "language": language,
        "sample_rate": _sample_rate_in(path),
        "source": source,
        "licence": licence,
        "files": files,
    }
    (path / MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def file_digest(path: Path) -> str:
    """SHA-256 in hexadecimal, or "" when there is no such file."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _need(path: Path, file: str) -> None:
    wanted = path / file
    if not wanted.is_file():
        raise BrokenModel(f"{path} is no whole Vosk model: {file} is missing")
    if wanted.stat().st_size == 0:
        raise BrokenModel(f"{path} is no whole Vosk model: {file} is empty")


def _sample_rate_in(path: Path) -> int:
    text = (path / "conf/mfcc.conf").read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        name, _, value = line.split("#")[0].partition("=")
        if name.strip() == "--sample-frequency":
            try:
                rate = float(value)
            except ValueError:
                rate = 0.0
            if not 8_000 <= rate <= 48_000:
                raise BrokenModel(
                    f"{path}/conf/mfcc.conf: --sample-frequency={value.strip()} is no sample rate;"
                    " 8000 to 48000 are possible"
                )
            return int(rate)
    return _DEFAULT_RATE


def _language_in(path: Path) -> str:
    named = _manifest_in(path).get("language")
    if isinstance(named, str) and _TAG.fullmatch(named):
        return language_of(named)
    official = _OFFICIAL_NAME.match(path.name)
    if official:
        return language_of(official[1])
    if re.fullmatch(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?", path.name):
        return language_of(path.name)
    raise BrokenModel(
        f"{path}: the language cannot be told from the name; rename the directory to its language,"
        " such as sv"
    )


def _manifest_in(path: Path) -> Mapping[str, object]:
    file = path / MANIFEST
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BrokenModel(f"{file} is not readable: {error}") from error
    if not isinstance(content, dict):
        raise BrokenModel(f"{file} must hold one JSON object")
    return content
