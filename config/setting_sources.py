"""Where settings are read from, and how their faults are told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import ValidationError

# What an installation of one machine keeps beside its data; see config/keys.py.
SECRETS_FILE: Final = "secrets.env"
# These belong to one account: one source's token must never meet another source's account.
_ACCOUNT: Final = frozenset(
    {"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET"}
)


class SettingsError(Exception):
    """One or more settings are missing or wrong; `problems` holds a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def gather(environ: Mapping[str, str], *, dotenv: Path | None) -> dict[str, str]:
    """Every variable by name: the environment before `.env` before DATA_DIR/secrets.env.

    Raises SettingsError when one of the files is there and cannot be read.
    """
    values = (read_env_file(dotenv) if dotenv else {}) | _filled(environ)
    kept = read_env_file(Path(values.get("DATA_DIR", "var")).expanduser() / SECRETS_FILE)
    if _ACCOUNT & values.keys():
        # The kept account is the simulator's; with another one it goes, and the simulator with it.
        kept = {name: kept[name] for name in kept.keys() - _ACCOUNT - {"SIMULATOR"}}
    return kept | values


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file of NAME=value lines; none when there is no such file.

    Raises SettingsError when it is there and cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        return _filled(dotenv_values(path, interpolate=False))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            [f"{path} cannot be read ({type(error).__name__}); it holds lines such as NAME=value"]
        ) from None


def sentences(error: ValidationError, *, descriptions: Mapping[str, str]) -> list[str]:
    """A sentence for each fault, naming the variable and never showing a value that is secret."""
    return [_sentence(problem, descriptions) for problem in error.errors(include_input=False)]


def _filled(values: Mapping[str, str | None]) -> dict[str, str]:
    # An empty value in a template file means "not set", never "set to nothing".
    return {name: value.strip() for name, value in values.items() if value and value.strip()}


def _sentence(problem: Any, descriptions: Mapping[str, str]) -> str:
    field = ".".join(str(part) for part in problem["loc"])
    name = field.upper()
    if problem["type"] == "missing":
        return f"{name} is not set. {descriptions.get(field, '')}"
    if problem["type"] == "enum":
        return f"{name} must be {problem['ctx']['expected']}"
    message = str(problem.get("ctx", {}).get("error", problem["msg"]))
    return f"{name} {message}".strip()
