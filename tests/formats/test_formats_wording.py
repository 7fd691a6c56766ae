"""What all formats for people say in the same words."""

from __future__ import annotations

import dataclasses

import pytest

from openaudit.formats import wording
from openaudit.vocabulary import Access, Grant, Target, TargetKind, Where
from tests.formats.reports import REVISION, TAG, minimal_report, rich_report


def test_a_slip_is_a_finding_and_only_a_disagreement_is_a_contradiction() -> None:
    report = rich_report()
    assert [conflict.kind for conflict in wording.contradictions(report)] == [
        "text-against-tag",
        "header-against-text",
    ]
    assert "license-conflict-broken-link" in [finding.rule for finding in wording.other_findings(report)]


def test_findings_do_not_repeat_the_contradictions_and_the_gravest_come_first() -> None:
    findings = wording.other_findings(rich_report())
    assert "license-text-contradicts-tag" not in [finding.rule for finding in findings]
    assert [finding.severity.value for finding in findings] == ["warning", "warning", "note"]


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (Access(), "Whether access is gated could not be told."),
        (Access(gated=False, downloadable=True), "Not gated. The weights can be downloaded."),
        (
            Access(gated="manual", private=True),
            "Gated: the makers approve each request by hand. Private repository.",
        ),
        (Access(gated=False, downloadable=False), "Not gated. The weights cannot be downloaded."),
    ],
)
def test_access_is_said_in_words_and_unknown_is_not_no(access: Access, words: str) -> None:
    target = Target(kind=TargetKind.MODEL, id="org/name")
    report = dataclasses.replace(minimal_report(), access=access, target=target)
    assert wording.access_in_words(report) == words


def test_access_to_a_folder_is_not_guessed() -> None:
    target = Target(kind=TargetKind.FOLDER, id="name")
    report = dataclasses.replace(minimal_report(), access=Access(), target=target)
    assert "local copy" in wording.access_in_words(report)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Where(path="README.md", lines=(3, 3)), "README.md:3"),
        (Where(path="README.md", lines=(3, 5)), "README.md:3–5"),
        (Where(path="/home/me/README.md"), "README.md"),
        (Where(url="https://x.example/"), "https://x.example/"),
        (
            Where(url="https://hub.example/org/name/blob/abc/a/LICENSE", lines=(2, 4)),
            "org/name: a/LICENSE:2–4",
        ),
        (Where(), "the repository"),
    ],
)
def test_places_are_said_as_readers_write_them(where: Where, words: str) -> None:
    assert wording.place(where) == words


def test_an_undetermined_grant_says_the_most_it_can_be() -> None:
    statement = dataclasses.replace(TAG, grant=Grant.UNDETERMINED, at_most=Grant.RESTRICTED)
    assert wording.grant_in_words(statement) == "cannot be told, at most limited use"
    assert wording.grant_in_words(dataclasses.replace(statement, at_most=Grant.OPEN)) == "cannot be told"


@pytest.mark.parametrize(
    ("license_id", "short"),
    [
        ("Apache-2.0", "Apache-2.0"),
        ("LicenseRef-scancode-llama-2-license-2023", "llama-2-license-2023"),
        ("MIT AND LicenseRef-openaudit-heron", "MIT AND heron"),
    ],
)
def test_license_ids_lose_only_the_namespace_of_their_list(license_id: str, short: str) -> None:
    assert wording.short_license(license_id) == short


@pytest.mark.parametrize(
    ("artifacts", "words"),
    [
        ({"parameters": 7_241_732_096}, [("Parameters", "7.24 billion")]),
        ({"parameters": 999}, [("Parameters", "999")]),
        ({"bytes": 14_483_498_224}, [("Size", "14.5 GB")]),
        ({"bytes": 999_999}, [("Size", "1 MB")]),
        ({"formats": ["gguf", "pickle"], "unsafe": []}, [("Formats", "gguf, pickle")]),
    ],
)
def test_figures_of_weight_files_are_said_for_people(
    artifacts: dict[str, object], words: list[tuple[str, str]]
) -> None:
    assert wording.artifacts_in_words(artifacts) == words


def test_only_commits_are_cut_short() -> None:
    assert wording.short_revision(REVISION) == REVISION[:12]
    assert wording.short_revision("refs/pr/1") == "refs/pr/1"


def test_nothing_seen_is_not_a_score_of_zero() -> None:
    assert wording.score_in_words(minimal_report()) == "–"
    assert wording.score_in_words(rich_report()) == "41"
