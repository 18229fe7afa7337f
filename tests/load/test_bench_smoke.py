"""Each part of the bench runs and brings figures; how good they are is for `make bench` to say."""

import re

import pytest

from tests.load import bench


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("the benchmarks")
@pytest.mark.parametrize(
    ("part", "rows"),
    [
        ("turns", 4),
        ("speech", 1),
        ("contention", 2),
        ("memory", 9),
        ("import", 4),
        ("permissions", 2),
        ("preview", 2),
        ("erasure", 2),
        ("figures", 2),
        ("dialling", 4),
        ("week", 2),
        ("purge", 4),
    ],
)  # fmt: skip
def test_a_part_of_the_bench_brings_figures(
    part: str, rows: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.FILE.parents[1])
    before = bench.FILE.read_text("utf-8")

    assert bench.main(["--quick", "--only", part]) == 0

    printed = capsys.readouterr().out.splitlines()
    heads = {at - 1 for at, line in enumerate(printed) if line.startswith("|---")}
    lines = [line for at, line in enumerate(printed) if line.startswith("| ") and at not in heads]
    assert len(lines) >= rows
    assert all(re.search(r"\d", line.partition("|")[2].partition("|")[2]) for line in lines)
    assert bench.FILE.read_text("utf-8") == before
