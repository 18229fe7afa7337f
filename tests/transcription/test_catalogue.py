"""Which model serves which language, and what a broken one is told apart by."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.catalogue import (
    PROJECT_MODELS,
    BrokenModel,
    damaged_files,
    find_models,
    inspect,
    language_of,
    write_manifest,
)


def copy_model(to: Path, *, language: str = "sv", manifest: bool = False) -> Path:
    shutil.copytree(PROJECT_MODELS / language, to)
    if not manifest:
        (to / "manifest.json").unlink()
    return to


def test_out_of_the_box_english_and_swedish_are_understood() -> None:
    catalogue = find_models(None)

    assert set(catalogue.in_use) == {"en", "sv"}
    assert {model.sample_rate for model in catalogue.in_use.values()} == {8000}
    assert all(model.bundled for model in catalogue.in_use.values())
    assert (catalogue.shadowed, catalogue.broken) == ((), {})


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_projects_models_are_byte_for_byte_those_of_their_manifests(language: str) -> None:
    manifest = json.loads((PROJECT_MODELS / language / "manifest.json").read_text())
    files = {
        path.relative_to(PROJECT_MODELS / language).as_posix()
        for path in (PROJECT_MODELS / language).rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }

    assert set(manifest["files"]) == files
    assert manifest["language"] == language
    assert manifest["sample_rate"] == inspect(PROJECT_MODELS / language).sample_rate
    assert damaged_files(PROJECT_MODELS / language) == ()


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("sv", "sv"), ("sv-SE", "sv"), ("SV_fi", "sv"), ("swe", "sv"),
        ("nb", "nb"), ("no", "nb"), ("nn", "nb"), ("nb-NO", "nb"), ("nno", "nb"),
        ("da-DK", "da"), ("fi", "fi"), ("en-GB", "en"), ("en_US", "en"), ("de", "de"),
        ("zh-Hant-TW", "zh"),
    ],
)  # fmt: skip
def test_a_language_tag_leads_to_its_language(tag: str, language: str) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(
    "tag", ["", "s", "svenska språket", "../en", "sv/", "sv-", "Swedish\n", "1"]
)
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="no language tag"):
        language_of(tag)


@given(st.text(max_size=12))
def test_no_text_becomes_a_path_by_way_of_a_language(tag: str) -> None:
    try:
        language = language_of(tag)
    except ValueError:
        return
    assert language.isascii()
    assert language.isalpha()


@pytest.mark.parametrize(
    "name", ["vosk-model-small-sv-rhasspy-0.15", "vosk-model-sv-1.0", "sv", "sv-SE", "sv_SE"]
)
def test_a_model_unpacked_by_hand_is_known_by_its_directory(name: str, tmp_path: Path) -> None:
    copy_model(tmp_path / name)

    catalogue = find_models(tmp_path)

    assert catalogue.in_use["sv"].name == name
    assert catalogue.in_use["sv"].identity == name
    assert [model.identity for model in catalogue.shadowed] == ["genklang-sv"]
    assert catalogue.in_use["en"].bundled


def test_norwegian_models_serve_every_norwegian_tag(tmp_path: Path) -> None:
    copy_model(tmp_path / "no")

    catalogue = find_models(tmp_path)

    for tag in ("nb", "nn", "no", "nb-NO"):
        model = catalogue.model_for(tag)
        assert model is not None
        assert model.path == tmp_path / "no"
    assert catalogue.model_for("da") is None


def test_the_directory_named_after_the_language_wins_then_the_largest(tmp_path: Path) -> None:
    copy_model(tmp_path / "vosk-model-sv-a")
    larger = copy_model(tmp_path / "vosk-model-sv-b")
    (larger / "am/more").write_bytes(bytes(1000))

    assert find_models(tmp_path).in_use["sv"].name == "vosk-model-sv-b"
    copy_model(tmp_path / "sv")
    assert find_models(tmp_path).in_use["sv"].name == "sv"


def test_a_manifest_names_the_language_of_any_directory(tmp_path: Path) -> None:
    path = copy_model(tmp_path / "our own model")
    write_manifest(path, language="da", source="ours", licence="ours")

    assert find_models(tmp_path).in_use["da"].path == path
    assert damaged_files(path) == ()


def test_looking_in_the_projects_directory_itself_finds_nothing_twice() -> None:
    catalogue = find_models(PROJECT_MODELS)

    assert set(catalogue.in_use) == {"en", "sv"}
    assert catalogue.shadowed == ()


def test_a_directory_that_is_not_there_leaves_the_projects_models(tmp_path: Path) -> None:
    assert set(find_models(tmp_path / "nowhere").in_use) == {"en", "sv"}


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (lambda path: shutil.rmtree(path / "am"), "am/ missing"),
        (lambda path: shutil.rmtree(path / "conf"), "conf/ missing"),
        (lambda path: shutil.rmtree(path / "graph"), "graph/ missing"),
        (lambda path: (path / "am/final.mdl").unlink(), "am/final.mdl is missing"),
        (lambda path: (path / "am/final.mdl").write_bytes(b""), "am/final.mdl is empty"),
        (lambda path: (path / "graph/HCLG.fst").write_bytes(b""), "graph/HCLG.fst is empty"),
        (lambda path: (path / "graph/HCLG.fst").unlink(), "graph/HCLr.fst is missing"),
        (lambda path: (path / "conf/mfcc.conf").unlink(), "conf/mfcc.conf is missing"),
        (
            lambda path: (path / "conf/mfcc.conf").write_text("--sample-frequency=loud\n"),
            "no sample rate",
        ),
        (lambda path: (path / "manifest.json").write_text("{"), "not readable"),
        (lambda path: (path / "manifest.json").write_text("[]"), "one JSON object"),
    ],
)
def test_a_broken_model_is_listed_with_its_fault_and_never_used(
    harm: object, complaint: str, tmp_path: Path
) -> None:
    path = copy_model(tmp_path / "sv")
    harm(path)

    catalogue = find_models(tmp_path)

    assert complaint in catalogue.broken[path]
    assert catalogue.in_use["sv"].bundled


def test_a_directory_of_another_kind_is_said_to_be_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()

    with pytest.raises(BrokenModel, match=r"am/, conf/, graph/ missing"):
        inspect(tmp_path / "notes")


def test_a_whole_model_whose_language_nobody_can_tell_asks_for_a_name(tmp_path: Path) -> None:
    copy_model(tmp_path / "big model of 2024")

    assert "rename the directory" in next(iter(find_models(tmp_path).broken.values()))


def test_a_model_with_two_small_graphs_is_whole(tmp_path: Path) -> None:
    path = copy_model(tmp_path / "sv")
    shutil.copy(path / "graph/HCLG.fst", path / "graph/Gr.fst")
    (path / "graph/HCLG.fst").rename(path / "graph/HCLr.fst")

    assert inspect(path).language == "sv"


@pytest.mark.parametrize(
    ("line", "rate"),
    [("--sample-frequency=16000", 16000), ("--sample-frequency = 8000.0 # Hz", 8000), ("", 16000)],
)
def test_the_rate_is_the_one_the_model_was_trained_for(
    line: str, rate: int, tmp_path: Path
) -> None:
    path = copy_model(tmp_path / "sv")
    (path / "conf/mfcc.conf").write_text(f"--use-energy=false\n{line}\n")

    assert inspect(path).sample_rate == rate


def test_a_changed_and_a_lost_file_are_both_damage(tmp_path: Path) -> None:
    path = copy_model(tmp_path / "sv", manifest=True)
    (path / "graph/words.txt").write_text("en 1\n")
    (path / "am/global_cmvn.stats").unlink()

    assert set(damaged_files(path)) == {"graph/words.txt", "am/global_cmvn.stats"}
