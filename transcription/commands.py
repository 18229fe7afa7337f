"""`flask models list` and `flask models fetch`: what speech the service understands, and more."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from rich.table import Table

from config.settings import SettingsError, load_settings
from storage.faults import GiveUp, TryAgain
from transcription.catalogue import (
    Catalogue,
    InstalledModel,
    damaged_files,
    find_models,
    language_of,
)
from transcription.fetching import download, require_checksum, sha256_given
from transcription.published import (
    OFFICIAL_SITE,
    PUBLISHED,
    WITHOUT_A_MODEL,
    Checksum,
    PublishedModel,
    Size,
    published,
)
from transcription.unpacking import install


class _Refused(click.ClickException):
    """What the operator can mend, in a sentence; nothing was installed."""

    exit_code = 2


@click.group("models")
def models_group() -> None:
    """Speech models: which languages are turned into text."""


@models_group.command("list")
def list_models() -> None:
    """Show the installed models, whether their files are whole, and what can be fetched.

    Ends with status 1 when a model is broken or damaged.
    """
    catalogue = find_models(_models_dir())
    console = Console()
    console.print(_installed_table(catalogue))
    console.print(_published_table(catalogue))
    unserved = [name for tag, name in WITHOUT_A_MODEL.items() if tag not in catalogue.in_use]
    if unserved:
        console.print(f"No official model exists for {', '.join(unserved)}: kept as audio only.")
    faults = [f"{path}: {why}" for path, why in catalogue.broken.items()]
    for model in catalogue.in_use.values():
        faults += [f"{model.path}: {what}" for what in _damage(model.path)]
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise click.exceptions.Exit(1)


@models_group.command("fetch")
@click.argument("language")
@click.option("--size", type=click.Choice([size.value for size in Size]), help="Default: small.")
@click.option("--sha256", help="Checksum the archive must have, instead of the published one.")
@click.option(
    "--from",
    "archive",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A zip archive on this machine, instead of a download.",
)
@click.option("--force", is_flag=True, help="Install again although it is there.")
def fetch_model(
    language: str, size: str | None, sha256: str | None, archive: Path | None, force: bool
) -> None:
    """Fetch the official Vosk model for LANGUAGE (sv, en, sv-SE) into VOSK_MODELS_DIR.

    The archive's checksum is compared before anything is unpacked.
    """
    into = _models_dir()
    try:
        tag = language_of(language)
        given = sha256_given(sha256) if sha256 else None
        if archive is not None:
            _install_file(archive, language=tag, checksum=given, into=into)
            return
        model = published(tag, Size(size) if size else None)
        if (into / model.name).exists() and not force:
            click.echo(f"{model.name} is already in {into}; --force fetches it again.")
            return
        fetch(model, into=into, checksum=given or model.checksum)
    except (GiveUp, TryAgain, ValueError) as error:
        raise _Refused(str(error)) from error


def fetch(
    model: PublishedModel, *, into: Path, checksum: Checksum | None, site: str = OFFICIAL_SITE
) -> None:
    """Download, compare, unpack and tell; the archive itself is removed in the end.

    A broken-off download stays in `into/.fetching` and is continued by the next call.
    """
    kept = into / ".fetching" / model.path
    if not kept.exists():
        with _bar() as bar:
            task = bar.add_task(model.name, total=model.archive_bytes)
            download(
                site + model.path,
                to=kept,
                size=model.archive_bytes,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    try:
        require_checksum(kept, checksum)
        fresh = install(
            kept,
            into=into,
            name=model.name,
            language=model.language,
            source=site + model.path,
            licence=model.licence,
        )
    finally:
        kept.unlink()
    _say_installed(fresh)


def _models_dir() -> Path:
    try:
        return load_settings().vosk_models_dir
    except SettingsError as error:
        raise _Refused(str(error)) from error


def _install_file(archive: Path, *, language: str, checksum: Checksum | None, into: Path) -> None:
    known = next((model for model in PUBLISHED if model.path == archive.name), None)
    require_checksum(archive, checksum or (known.checksum if known else None))
    fresh = install(
        archive,
        into=into,
        name=known.name if known else language,
        language=language,
        source=archive.name,
        licence=known.licence if known else "see its publisher",
    )
    _say_installed(fresh)


def _say_installed(model: InstalledModel) -> None:
    click.echo(f"{model.name} is installed: {model.language}, {model.sample_rate} Hz.")
    click.echo(
        "Restart the transcribers: they load their models once, when they start. What was kept "
        "as audio only in this language is then put into words, the newest first."
    )


def _damage(path: Path) -> tuple[str, ...]:
    try:
        return tuple(f"{name} differs from its manifest" for name in damaged_files(path))
    except GiveUp as error:
        return (str(error),)


def _installed_table(catalogue: Catalogue) -> Table:
    table = Table("Language", "Model", "Rate", "Size", "State", title="Installed")
    for model in sorted(catalogue.in_use.values(), key=lambda each: each.language):
        state = "damaged" if _damage(model.path) else "in use"
        if model.bundled:
            state += ", comes with Genklang: for trying out"
        table.add_row(*_cells(model.language, model.identity, model.sample_rate, model.size), state)
    for model in catalogue.shadowed:
        cells = _cells(model.language, model.identity, model.sample_rate, model.size)
        table.add_row(*cells, f"not used, {catalogue.in_use[model.language].identity} comes first")
    for path in catalogue.broken:
        table.add_row("?", path.name, "", "", "broken")
    return table


def _cells(language: str, name: str, rate: int, size: int) -> tuple[str, str, str, str]:
    return language, name, f"{rate} Hz", f"{size / 1e6:.1f} MB"


def _published_table(catalogue: Catalogue) -> Table:
    here = {model.name for model in (*catalogue.in_use.values(), *catalogue.shadowed)}
    table = Table(title="Official models", show_lines=True)
    # Both are there to be copied, so they stay whole on a terminal of eighty columns.
    table.add_column("Fetch with", no_wrap=True)
    table.add_column("Model")
    for model in PUBLISHED:
        command = f"flask models fetch {model.language} --size {model.size.value}"
        checksum = model.checksum.algorithm.name if model.checksum else "pass --sha256"
        table.add_row(
            "installed" if model.name in here else command,
            f"{model.name}\n{model.licence}, {checksum}\n{model.about}",
        )
    return table


def _bar() -> Progress:
    return Progress("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
