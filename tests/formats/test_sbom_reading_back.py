"""An SPDX 2.3 document, read back by spdx-tools, tells the same facts as the report that it was made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from spdx_tools.spdx.model.document import Document
from spdx_tools.spdx.model.package import Package
from spdx_tools.spdx.model.relationship import RelationshipType
from spdx_tools.spdx.model.spdx_no_assertion import SpdxNoAssertion

from openaudit.formats import FORMATS, Outcome
from openaudit.vocabulary import Grant, Report
from tests.formats.reports import failure, minimal_report, open_report, rich_report
from tests.formats.sbom_validation import SPDX_2, read_spdx2
from tests.formats.test_sbom_formats import BASE, effective, family_report, far_report

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
Edge = tuple[str, str, str]


def read_back(name: str, outcomes: list[Outcome], folder: Path) -> Document:
    return read_spdx2(FORMATS[name].render_file(outcomes), folder, SPDX_2[name])


def described(document: Document) -> list[Package]:
    packages = {package.spdx_id: package for package in document.packages}
    return [
        packages[str(relationship.related_spdx_element_id)]
        for relationship in document.relationships
        if relationship.relationship_type is RelationshipType.DESCRIBES
    ]


def edges(document: Document) -> Iterator[Edge]:
    """Who, the word that stands in the comment, and whom: `x`, `made from`, `y`."""
    names = {package.spdx_id: package.name for package in document.packages}
    for relationship in document.relationships:
        if relationship.relationship_type is RelationshipType.DESCRIBES:
            continue
        origin = names[relationship.spdx_element_id]
        target = names.get(str(relationship.related_spdx_element_id), "?")
        word = (relationship.comment or "").split(":")[0]
        if relationship.relationship_type is RelationshipType.TEST_OF:
            origin, target = target, origin
        yield origin, word, target


def wanted_edges(report: Report) -> set[Edge]:
    words = {"adapter": "adapts", "quantized": "converted from", "conversion": "converted from"}
    roles = {"evaluation": "tested on", "mentioned": "names"}
    found = {(a.of or report.id, words.get(a.relation, "made from"), a.id) for a in report.lineage}
    found |= {
        (a.of or report.id, "an adapter does not run without its base", a.id)
        for a in report.lineage
        if a.relation == "adapter"
    }
    data = {(report.id, roles.get(d.role, "trained on"), d.id) for d in report.datasets}
    if report.subject == "model" and not any(word == "trained on" for _, word, _ in data):
        data.add((report.id, "trained on", "?"))
    return found | data | {(report.id, "names", c.id) for c in report.code}


@pytest.mark.parametrize("name", SPDX_2)
@pytest.mark.parametrize(
    "report",
    [rich_report(), minimal_report(), open_report(), family_report(), far_report()],
    ids=["rich", "minimal", "open", "family", "far"],
)
def test_identity_license_lineage_and_datasets_are_read_back(
    name: str, report: Report, tmp_path: Path
) -> None:
    document = read_back(name, [report], tmp_path)
    (package,) = described(document)
    assert (package.name, package.version) == (report.id, report.revision)
    assert str(package.license_concluded) == (report.license.effective or "NOASSERTION")
    assert set(edges(document)) == wanted_edges(report)
    facts = dict(line.split(": ", 1) for line in annotation(document, package).splitlines())
    assert facts["openaudit:level"] == report.level
    assert facts["openaudit:band"] == report.band
    assert facts["openaudit:score"] == f"{report.score:.1f}"
    assert document.creation_info.created.isoformat() + "Z" == report.resolved_at


def annotation(document: Document, package: Package) -> str:
    (found,) = (a.annotation_comment for a in document.annotations if a.spdx_id == package.spdx_id)
    return found


@pytest.mark.parametrize("name", SPDX_2)
def test_licenses_of_relatives_are_read_back(name: str, tmp_path: Path) -> None:
    packages = {package.name: package for package in read_back(name, [family_report()], tmp_path).packages}
    assert {
        name: (str(package.license_declared), str(package.license_concluded))
        for name, package in packages.items()
        if name != "kea/Kea-Chat"
    } == {
        "kea/Kea-GGUF": ("Apache-2.0", "Apache-2.0"),
        "kea/Kea-Base": ("Apache-2.0 OR MIT", "Apache-2.0 OR MIT"),
        "meta-llama/Llama-2-7b": ("NOASSERTION", "LicenseRef-scancode-llama-2-license-2023"),
        "kea/calls": ("CC-BY-4.0", "CC-BY-4.0"),
        "kea/silence": ("NONE", "NONE"),
        "mmlu": ("NOASSERTION", "MIT"),
        "c4": ("NOASSERTION", "NOASSERTION"),
        "github.com/kea/train": ("BSD-3-Clause", "BSD-3-Clause"),
    }
    assert packages["kea/Kea-Base"].download_location == f"git+https://huggingface.co/kea/Kea-Base@{BASE}"


@pytest.mark.parametrize("name", SPDX_2)
def test_package_urls_are_those_of_what_was_read_or_is_known(name: str, tmp_path: Path) -> None:
    document = read_back(name, [far_report(), rich_report()], tmp_path)
    purls = {p.name: p.external_references[0].locator for p in document.packages if p.external_references}
    assert purls == {
        "kea/Kea-Chat": "pkg:huggingface/kea/Kea-Chat@3f1c9d2e7a5b4c6d8e9f0a1b2c3d4e5f60718293"
        "?repository_url=http://127.0.0.1:8080",
        "kea/Kea-GGUF": "pkg:huggingface/kea/Kea-GGUF@3f1c9d2e7a5b4c6d8e9f0a1b2c3d4e5f60718293",
        "kea/Kea-Base": f"pkg:huggingface/kea/Kea-Base@{BASE}",
        "meta-llama/Llama-2-7b": "pkg:huggingface/meta-llama/Llama-2-7b",
        "github.com/kea/train": f"pkg:github/kea/train@{BASE}",
        "heron-ai/Heron-7B": "pkg:huggingface/heron-ai/Heron-7B@3f1c9d2e7a5b4c6d8e9f0a1b2c3d4e5f60718293",
    }


@pytest.mark.parametrize("name", SPDX_2)
def test_several_targets_are_described_in_the_order_given_and_a_failure_asserts_nothing(
    name: str, tmp_path: Path
) -> None:
    document = read_back(name, [open_report(), failure(), family_report()], tmp_path)
    names = [package.name for package in described(document)]
    assert names == ["wren/Wren-1B", "nobody/nothing", "kea/Kea-Chat"]
    lost = described(document)[1]
    assert {
        str(v) for v in (lost.license_concluded, lost.license_declared, lost.download_location, lost.supplier)
    } == {"NOASSERTION"}
    assert lost.comment is not None
    assert "could not be audited" in lost.comment
    assert "openaudit:error: fetch: There is no model nobody/nothing" in annotation(document, lost)


@pytest.mark.parametrize(
    ("license", "grant", "concluded"),
    [
        ("Apache-2.0 AND MIT", Grant.OPEN, "Apache-2.0 AND MIT"),
        (None, Grant.UNLICENSED, "NONE"),
        (None, Grant.UNDETERMINED, "NOASSERTION"),
        (None, Grant.RESTRICTED, "NOASSERTION"),
        ("MIT", Grant.UNDETERMINED, "NOASSERTION"),
        ("Apache-2.0", Grant.RESTRICTED, "NOASSERTION"),
        ("CC-BY-NC-4.0", Grant.RESEARCH_ONLY, "CC-BY-NC-4.0"),
    ],
)
def test_none_and_noassertion_are_never_mixed_up(
    license: str | None, grant: Grant, concluded: str, tmp_path: Path
) -> None:
    (package,) = described(read_back("spdx", [effective(license, grant)], tmp_path))
    assert str(package.license_concluded) == concluded


def test_a_license_without_an_spdx_id_carries_what_was_quoted_and_says_that_the_text_is_elsewhere(
    tmp_path: Path,
) -> None:
    infos = {i.license_id: i for i in read_back("spdx", [rich_report()], tmp_path).extracted_licensing_info}
    heron = infos["LicenseRef-openaudit-heron-community"]
    assert heron.extracted_text == (
        "The text of this license is not part of this document. Quoted from LICENSE:1-214 of heron-ai/Heron-7B: "
        "“HERON COMMUNITY LICENSE AGREEMENT, Version 1.2”"
    )
    assert any("/LICENSE#L1-L214" in link for link in heron.cross_references)


def test_every_source_of_the_license_stands_in_the_comment_with_its_place(tmp_path: Path) -> None:
    (package,) = described(read_back("spdx-tag-value", [rich_report()], tmp_path))
    comment = package.license_comment or ""
    for place in ("LICENSE:1-214", "README.md:88-90", "README.md:3", "model-00001-of-00002.safetensors"):
        assert place in comment
    assert "Conflict (text-against-tag)" in comment


def test_the_declared_license_is_all_that_is_claimed_and_what_words_change_is_not_named_alone(
    tmp_path: Path,
) -> None:
    (package,) = described(read_back("spdx", [rich_report()], tmp_path))
    assert str(package.license_declared) == "LicenseRef-openaudit-heron-community AND MIT AND Apache-2.0"
    assert "README.md:88-90 (prose of release, adds output-training)" in (package.license_comment or "")


def test_a_shared_base_stands_once(tmp_path: Path) -> None:
    other = dataclasses.replace(
        family_report(), id="kea/Kea-Other", url="https://huggingface.co/kea/Kea-Other"
    )
    document = read_back("spdx", [family_report(), other], tmp_path)
    names = [package.name for package in document.packages]
    assert names.count("kea/Kea-Base") == 1
    assert {origin for origin, _, target in edges(document) if target == "kea/Kea-Base"} == {
        "kea/Kea-Chat", "kea/Kea-Other", "kea/Kea-GGUF",
    }  # fmt: skip


def test_a_license_that_nobody_knows_is_not_asserted(tmp_path: Path) -> None:
    (package,) = described(read_back("spdx", [effective("Nonesuch-9.9", Grant.OPEN)], tmp_path))
    assert package.license_concluded == SpdxNoAssertion()
