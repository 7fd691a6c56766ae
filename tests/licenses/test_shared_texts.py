"""Round trips and false friends over the shared collections, where they are at hand."""

import json
import re
from functools import cache

import pytest

from openaudit.licenses.decoding import decode
from openaudit.licenses.identification import Identification, Match
from openaudit.licenses.matching import identify
from tests.licenses.texts import FORMATS, ROOT, collected, collection, shared, spdx_texts

MANIFEST = ROOT / "openaudit" / "licenses" / "data" / "license_manifest.json"

# Texts that are the same words as another license's: the text alone cannot tell them apart.
SAME_TEXT = re.compile(
    r"GFDL-1\.\d-(?:no-)?invariants-.*|OFL-1\.\d-(?:no-)?RFN|MPL-2\.0-no-copyleft-exception|CAL-1\.0-Combined-Work-Exception|any-OSI.*"
)
# Copyright statements or contributors in the middle of these texts are read as such in one copy and not in the other.
SPDX_EXCEPTIONS = frozenset(
    [
        "BSD-4-Clause-UC",
        "IJG",
        "ImageMagick",
        "InnoSetup",
        "Lucida-Bitmap-Fonts",
        "bcrypt-Solar-Designer",
        "mpich2",
        "DOC",
    ]
)


@cache
def report_ids() -> dict[str, str]:
    """Report id by the id of the collection."""
    found = {}
    for row in json.loads(MANIFEST.read_text(encoding="utf-8"))["licenses"]:
        for source in row["sources"]:
            if source["collection"] == "collection":
                found[source["path"].removeprefix("collection/").removesuffix(".txt")] = row["id"]
    return found


def texts_of(found: Identification) -> list[Match]:
    return [match for match in found.matches if match.kind == "text"]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_collected_license_is_recognised_in_every_dress(form: str) -> None:
    wrong = []
    for id_ in collection():
        found = identify(FORMATS[form](collected(id_)))
        expected = report_ids()[id_]
        if {match.id for match in texts_of(found)} != {expected}:
            wrong.append((id_, found.expression))
    allowed = 0 if form in ("as it is", "typographic", "surrounded", "windows lines") else 5
    assert len(wrong) <= allowed, wrong


def test_every_spdx_license_is_recognised_as_itself() -> None:
    wrong = []
    for id_, text in spdx_texts():
        if SAME_TEXT.fullmatch(id_) or id_ in SPDX_EXCEPTIONS or len(text) < 60:
            continue
        ids = {
            match.id.replace("-or-later", "-only") for match in identify(text).matches if match.kind == "text"
        }
        if ids != {id_.replace("-or-later", "-only")}:
            wrong.append((id_, ids))
    assert len(wrong) <= 2, wrong


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("llama-3-community", "llama-3.1-community"),
        ("llama-3.1-community", "llama-3.2-community"),
        ("llama-3.2-community", "llama-3.3-community"),
        ("tongyi-qianwen", "tongyi-qianwen-research"),
        ("qwen-2024", "qwen-research-2024"),
        ("hunyuan-dit", "hunyuan-video"),
        ("hunyuan-video", "hunyuan-3d-2.0"),
        ("exaone-1.1-nc", "exaone-1.2-nc"),
        ("falcon-2-11b", "falcon-3"),
        ("openmdw-1.0", "openmdw-1.1"),
        ("odc-by-1.0", "odbl-1.0"),
        ("gemma-terms-2024-02-21", "gemma-terms-2024-04-01"),
        ("yi-1.0", "yi-2.0"),
    ],
)
def test_false_friends_are_told_apart(one: str, two: str) -> None:
    first, second = (texts_of(identify(collected(id_)))[0].id for id_ in (one, two))
    assert (first, second) == (report_ids()[one], report_ids()[two])
    assert first != second


@pytest.mark.parametrize(
    ("id_", "old", "new", "family"),
    [
        ("llama-3.2-community", "3.2", "3.5", "llama"),
        ("falcon-3", "December 2024", "June 2026", "falcon"),
        ("hunyuan-video", "HunyuanVideo", "HunyuanMotion", "hunyuan"),
        ("gemma-terms-2025-03-24", "March 24, 2025", "May 2, 2026", "gemma"),
    ],
)
def test_an_unknown_version_is_never_its_nearest_sibling(id_: str, old: str, new: str, family: str) -> None:
    text = collected(id_)
    assert old in text
    (match,) = texts_of(identify(text.replace(old, new)))
    assert match.id == f"LicenseRef-openaudit-{family}-unknown-version"
    assert match.modified
    assert match.base == report_ids()[id_]


def test_kimi_k2_is_a_modified_mit_with_its_thresholds_quoted() -> None:
    (match,) = texts_of(identify(collected("kimi-k2-modified-mit")))
    assert match.modified
    assert match.base == "MIT"
    quoted = " ".join(edit.words for edit in match.added)
    assert "100 million monthly active users" in quoted
    assert "20 million us dollars" in quoted


def test_the_labelled_files_are_right() -> None:
    from benchmarks.licenses.label_table import Labels, judge_file

    folder = shared() / "eval" / "licenses"
    labels = Labels()
    wrong = []
    for entry in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        found = identify(decode((folder / "files" / entry["file"]).read_bytes()))
        verdict = judge_file(entry, found, labels)
        if verdict.outcome != "right":
            wrong.append((entry["file"], verdict))
    assert not wrong, wrong


@pytest.mark.parametrize(
    ("old", "new", "modified"),
    [
        ("llama.meta.com/doc/overview", "llama.com/docs/overview", False),
        ("llama3_2/use-policy", "llama3_9/use-policy", True),
        ("in the preceding calendar month", "in the preceding calendar year", True),
    ],
)
def test_a_page_that_moved_is_no_change_and_another_version_is(old: str, new: str, modified: bool) -> None:
    text = (shared() / "licenses" / "llama-3.2-community.txt").read_text(encoding="utf-8")
    for one, two in ((old, new), (new, old)):
        if one in text:
            assert identify(text.replace(one, two)).matches[0].modified is modified
            return
    pytest.skip(f"neither {old} nor {new} stands in the text")
