"""Published validators for bills of materials, and the profile minima that none of them checks."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import spdx_python_model
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.model.document import Document
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

Faults = list[str]
SPDX_2 = {"spdx": ".spdx.json", "spdx-tag-value": ".spdx"}
AI_NEEDS = (
    "software_downloadLocation software_packageVersion software_primaryPurpose releaseTime suppliedBy".split()
)
DATASET_NEEDS = "software_downloadLocation software_primaryPurpose builtTime releaseTime originatedBy dataset_datasetType".split()


def read_spdx2(text: str, folder: Path, ending: str) -> Document:
    """The document as the parser of spdx-tools reads it: anything that it cannot parse raises."""
    path = folder / f"document{ending}"
    path.write_text(text, encoding="utf-8")
    document: Document = parse_file(str(path))
    return document


def spdx2_faults(document: Document) -> Faults:
    return [message.validation_message for message in validate_full_spdx_document(document)]


def spdx3_faults(text: str) -> Faults:
    """By the bindings generated from the model of SPDX 3.0.1 (classes, properties, values, counts, references), and
    by the minima of the profiles that the document claims."""
    document = json.loads(text)
    try:
        model, objects = spdx_python_model.load_data(document)
        model.JSONLDSerializer().write(objects, io.BytesIO())
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    faults = [f"refers to nothing: {id_}" for id_ in objects.missing_ids]
    faults += _required_faults(document["@graph"])
    return faults + profile_faults(document)


def _required_faults(graph: list[dict[str, Any]]) -> Faults:
    """What the bindings leave unchecked: names of packages, and that every id is used once and listed."""
    ids = [element["spdxId"] for element in graph if "spdxId" in element]
    faults = [f"used twice: {id_}" for id_, count in Counter(ids).items() if count > 1]
    (document,) = (element for element in graph if element["type"] == "SpdxDocument")
    if sorted([*document["element"], document["spdxId"]]) != sorted(ids):
        faults.append("the document does not list its elements")
    packages = [e for e in graph if e["type"].endswith("Package")]
    return faults + [f"no name: {e['spdxId']}" for e in packages if not e.get("name")]


def profile_faults(document: Mapping[str, Any]) -> Faults:
    """Every AI and dataset package has one declared and one concluded license; and where a profile is claimed, what
    it requires. Source: SPDX 3.0.1, conformance of the AI and Dataset profiles."""
    graph = document["@graph"]
    (root,) = (element for element in graph if element["type"] == "SpdxDocument")
    faults: Faults = []
    for type_, profile, needs in (
        ("ai_AIPackage", "ai", AI_NEEDS),
        ("dataset_DatasetPackage", "dataset", DATASET_NEEDS),
    ):
        packages = [element for element in graph if element["type"] == type_]
        for package in packages:
            for relation in ("hasDeclaredLicense", "hasConcludedLicense"):
                found = [
                    e
                    for e in graph
                    if e["type"] == "Relationship"
                    and e["relationshipType"] == relation
                    and e["from"] == package["spdxId"]
                ]
                if len(found) != 1 or len(found[0]["to"]) != 1:
                    faults.append(f"{package['name']}: {len(found)} of {relation}")
        lacking = {need for package in packages for need in needs if need not in package}
        if profile in root["profileConformance"] and (lacking or not packages):
            faults.append(f"claims {profile} and lacks {sorted(lacking)}")
        if profile not in root["profileConformance"] and packages and not lacking:
            faults.append(f"conforms to {profile} and does not say so")
    return faults


def _cyclonedx(version: SchemaVersion) -> Callable[[str], Faults]:
    validator = JsonStrictValidator(version)

    def faults(text: str) -> Faults:
        found = validator.validate_str(text, all_errors=True)
        return [*(str(fault)[:500] for fault in found or ()), *_reference_faults(text)]

    return faults


def _reference_faults(text: str) -> Faults:
    document = json.loads(text)
    components = [*document["components"], *filter(None, [document["metadata"].get("component")])]
    known = Counter(component["bom-ref"] for component in components)
    used = [ref for entry in document["dependencies"] for ref in (entry["ref"], *entry.get("dependsOn", ()))]
    used += [ref for entry in document["compositions"] for ref in entry["dependencies"]]
    return [f"twice: {ref}" for ref, count in known.items() if count > 1] + [
        f"unknown: {ref}" for ref in used if ref not in known
    ]


cyclonedx_1_6_faults = _cyclonedx(SchemaVersion.V1_6)
cyclonedx_1_7_faults = _cyclonedx(SchemaVersion.V1_7)


def faults_of(name: str, text: str, folder: Path) -> Faults:
    """What the published validator of a format, by its name in FORMATS, says against a document."""
    if name in SPDX_2:
        return spdx2_faults(read_spdx2(text, folder, SPDX_2[name]))
    return {
        "spdx3": spdx3_faults,
        "cyclonedx": cyclonedx_1_6_faults,
        "cyclonedx-1.7": cyclonedx_1_7_faults,
    }[name](text)


NAMES = (*SPDX_2, "spdx3", "cyclonedx", "cyclonedx-1.7")
