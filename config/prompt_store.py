"""The operator's phrases as a running process keeps them: read once, never in anybody's way."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from config.directory import load_prompts
from config.phrases import Phrase
from config.problems import ConfigurationError


@lru_cache(maxsize=4)
def prompts_of(config_dir: Path) -> Mapping[str, Mapping[Phrase, str]]:
    """The phrases by language; none when the files cannot be read, so that whoever asks goes on."""
    try:
        return load_prompts(config_dir)
    except (ConfigurationError, OSError, ValueError):
        return {}
