"""The models their publisher offers for our callers' languages, and how a download is checked.

Nothing in this file is used to recognise speech; it only says what `flask models fetch` may fetch.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from storage.faults import GiveUp

OFFICIAL_SITE: Final = "https://alphacephei.com/vosk/models/"


class Size(StrEnum):
    """`small` fits any machine; `large` hears better and wants gigabytes of memory."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Algorithm(StrEnum):
    """How a checksum is computed; the value is hashlib's name."""

    SHA256 = "sha256"
    MD5 = "md5"


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest in lower-case hexadecimal.

    MD5 finds a damaged download. It does not stop somebody who can replace the file on purpose,
    so a SHA-256 given by the operator is always preferred to it.
    """

    algorithm: Algorithm
    digest: str

    def matches(self, path: Path) -> bool:
        """Whether the file at `path` has this digest; reads it in blocks."""
        state = hashlib.new(self.algorithm.value, usedforsecurity=False)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                state.update(block)
        return state.hexdigest() == self.digest


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """One archive on the official site. `archive_bytes` is exact; None where only a rough size
    is known, and `about` says that in words."""

    language: str
    size: Size
    name: str
    licence: str
    about: str
    archive_bytes: int | None = None
    checksum: Checksum | None = None

    @property
    def path(self) -> str:
        """Where the archive lies below the site's address."""
        return f"{self.name}.zip"


PUBLISHED: Final = (
    PublishedModel(
        language="en",
        size=Size.SMALL,
        name="vosk-model-small-en-us-0.15",
        licence="Apache-2.0",
        about="40 MB; some 300 MB of memory; for a first impression",
        archive_bytes=41_205_931,
        checksum=Checksum(
            Algorithm.SHA256, "30f26242c4eb449f948e42cb302dd7a686cb29a3423a8367f99ff41780942498"
        ),
    ),
    PublishedModel(
        language="en",
        size=Size.MEDIUM,
        name="vosk-model-en-us-0.22-lgraph",
        licence="Apache-2.0",
        about="130 MB; hears better than small and fits an ordinary server",
        archive_bytes=130_557_655,
        checksum=Checksum(
            Algorithm.SHA256, "d9838b4aaa82a75c4a17f5aca300eaca129aaab2a7cbf951bafbb500eb9c4334"
        ),
    ),
    PublishedModel(
        language="en",
        size=Size.LARGE,
        name="vosk-model-en-us-0.22",
        licence="Apache-2.0",
        about="1.8 GB; several GB of memory for each transcriber machine",
        checksum=Checksum(
            Algorithm.SHA256, "47f9a81ebb039dbb0bd319175c36ac393c0893b796c2b6303e64cf58c27b69f6"
        ),
    ),
    PublishedModel(
        language="sv",
        size=Size.SMALL,
        name="vosk-model-small-sv-rhasspy-0.15",
        licence="MIT",
        about="304 MB; the only Swedish model its publisher has; accuracy not published",
        archive_bytes=303_504_931,
        # The publisher's own list has MD5 alone for this archive.
        checksum=Checksum(Algorithm.MD5, "5ae431c65fe8636692118792daa22ecc"),
    ),
)

WITHOUT_A_MODEL: Final = {"nb": "Norwegian", "da": "Danish", "fi": "Finnish"}
"""Languages our callers speak for which no official model exists."""


class NoPublishedModel(GiveUp):
    """The official site has nothing of that language or size."""


def published(language: str, size: Size | None = None) -> PublishedModel:
    """The official model of a language: the one of that `size`, else the smallest.

    `language` is one of our own tags (`en`, `sv`, `nb`, `da`, `fi`). Raises NoPublishedModel with
    a sentence that tells the operator what to do instead.
    """
    of_language = [model for model in PUBLISHED if model.language == language]
    if not of_language:
        name = WITHOUT_A_MODEL.get(language, f"“{language}”")
        raise NoPublishedModel(
            f"There is no official Vosk model for {name}. Comments in it are kept as audio only."
            f" A model from elsewhere works when its directory lies in VOSK_MODELS_DIR/{language},"
            f" or can be installed with: flask models fetch {language} --from FILE.zip --sha256 HEX"
        )
    if size is None:
        return of_language[0]
    for model in of_language:
        if model.size is size:
            return model
    offered = ", ".join(model.size.value for model in of_language)
    raise NoPublishedModel(
        f"There is no {size.value} official model for “{language}”; there is: {offered}."
    )
