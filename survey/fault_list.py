"""The list of the lines that an import left out, beside the file it read."""

import contextlib
import csv
from pathlib import Path
from typing import IO, Self

from survey.interaction_file import LineFault, NotAnImportFileError, errors_path


class FaultList:
    """The lines left out, in a file that is there only when there are any."""

    def __init__(self, path: Path) -> None:
        """`path` is the file that is read; its list replaces that of an earlier run."""
        self._path = errors_path(path)
        self._file: IO[str] | None = None
        self.count = 0

    @property
    def path(self) -> Path | None:
        """Where the list lies; None when no line was left out."""
        return self._path if self.count else None

    def __enter__(self) -> Self:
        # Of an earlier run of the same file. What forbids removing it also forbids writing it.
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, fault: LineFault) -> None:
        """Note one line; raises NotAnImportFileError when the list cannot be written."""
        if self._file is None:
            try:
                self._file = self._path.open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise NotAnImportFileError(
                    f"has bad lines, and their list {self._path} cannot be written: "
                    f"{error.strerror}"
                ) from None
            csv.writer(self._file).writerow(("line", "column", "reason"))
        csv.writer(self._file).writerow((fault.line, fault.column, fault.reason))
        self.count += 1
