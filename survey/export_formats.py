"""How an export is written: JSON Lines, CSV or a workbook, none of which can run a formula.

Whatever people said or typed may begin like a formula. A workbook holds it as text by its type. CSV
has no types, so a text that begins with = + - @ or a blank of control gets an apostrophe before it;
numbers and times are never touched.
"""

import csv
import dataclasses
import json
import tempfile
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from survey.export_columns import QuestionColumns
from survey.exports import ResponseLine

_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_CELL_CHARACTERS: Final = 32_767
_SHEET_ROWS: Final = 1_048_576
_FIRST: Final = (
    "organisation", "campaign", "case_reference", "channel", "language", "status", "started_at",
    "completed_at",
)  # fmt: skip
_OF_A_COMMENT: Final = ("kind", "state", "seconds", "language", "transcript")

Cell = str | int | float | bool | None


class ExportFormat(StrEnum):
    """What an export can be written as."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


def write_jsonl(lines: Iterable[ResponseLine], out: IO[str]) -> int:
    """One JSON object per line; how many lines."""
    count = 0
    for line in lines:
        out.write(json.dumps(dataclasses.asdict(line), ensure_ascii=False) + "\n")
        count += 1
    return count


def write_csv(lines: Iterable[ResponseLine], out: IO[str], *, columns: QuestionColumns) -> int:
    """A header and a row per line, separated by commas; how many rows below the header."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header(columns))
    count = 0
    for line in lines:
        writer.writerow([csv_cell(cell) for cell in row(line, columns)])
        count += 1
    return count


def write_xlsx(lines: Iterable[ResponseLine], path: Path, *, columns: QuestionColumns) -> int:
    """A workbook with the same rows as the CSV, on as many sheets as they need; how many rows."""
    count = 0
    # Rows wait in files until the workbook is closed: beside it, never where others may read.
    with tempfile.TemporaryDirectory(dir=path.parent) as waiting:
        options = {
            "constant_memory": True,
            "tmpdir": waiting,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(str(path), options) as book:
            sheet, at = _new_sheet(book, columns), 1
            for line in lines:
                if at == _SHEET_ROWS:
                    sheet, at = _new_sheet(book, columns), 1
                _write_row(sheet, at, row(line, columns))
                at += 1
                count += 1
    return count


def header(columns: QuestionColumns) -> list[str]:
    """The names of the columns of CSV and workbook."""
    return [
        *_FIRST,
        *(f"answers.{key}" for key in columns.answers),
        "follow_up",
        *(f"comments.{key}.{name}" for key in columns.comments for name in _OF_A_COMMENT),
        "objected",
    ]


def row(line: ResponseLine, columns: QuestionColumns) -> list[Cell]:
    """The cells of one line, in the order of the header; None where there is nothing."""
    comments = {comment.question: comment for comment in line.comments}
    return [
        *(getattr(line, name) for name in _FIRST),
        *(line.answers.get(key) for key in columns.answers),
        line.follow_up,
        *(
            getattr(comments[key], name) if key in comments else None
            for key in columns.comments
            for name in _OF_A_COMMENT
        ),
        line.objected,
    ]


def _new_sheet(book: xlsxwriter.Workbook, columns: QuestionColumns) -> Worksheet:
    sheet: Worksheet = book.add_worksheet()
    _write_row(sheet, 0, header(columns))
    return sheet


def csv_cell(cell: Cell) -> Cell:
    """The cell as a spreadsheet reads it back: never as a formula."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell.startswith(_BEGINS_A_FORMULA):
        return "'" + cell
    return cell


def _write_row(sheet: Worksheet, at: int, cells: Sequence[Cell]) -> None:
    for column, cell in enumerate(cells):
        match cell:
            case None:
                pass
            case bool():
                sheet.write_boolean(at, column, cell)
            case int() | float():
                sheet.write_number(at, column, cell)
            case str():
                sheet.write_string(at, column, cell[:_CELL_CHARACTERS])
