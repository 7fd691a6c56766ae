"""SPDX 3.0.1 as JSON-LD: models as AI packages, datasets as dataset packages, licenses and lineage as relationships.

Source: https://spdx.github.io/spdx-spec/v3.0.1/ (model and JSON-LD serialization).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openaudit.formats.sbom.inventory import (
    Inventory,
    Link,
    Part,
    PartKind,
    Relation,
    as_lines,
    take_inventory,
)
from openaudit.formats.sbom.licensing import NOASSERTION, NONE, members
from openaudit.vocabulary import Failure, Report

Element = dict[str, Any]
_CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_INDIVIDUALS = {
    NOASSERTION: "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense",
    NONE: "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoneLicense",
}
_NO_ASSERTION = "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"
_CREATION = "_:creation"
_TYPES = {
    PartKind.MODEL: ("ai_AIPackage", "model"),
    PartKind.DATASET: ("dataset_DatasetPackage", "data"),
    PartKind.CODE: ("software_Package", "source"),
    PartKind.UNKNOWN: ("software_Package", None),
}
_MINIMA = {
    "ai": (
        "ai_AIPackage",
        (
            "software_downloadLocation",
            "software_packageVersion",
            "software_primaryPurpose",
            "releaseTime",
            "suppliedBy",
        ),
    ),
    "dataset": (
        "dataset_DatasetPackage",
        ("software_downloadLocation", "software_primaryPurpose", "builtTime", "releaseTime", "originatedBy"),
    ),
}
"""Profile: the class it speaks of, and what every element of it must have for a document to conform."""
_RELATIONS = {
    Relation.DESCENDS_FROM: "descendantOf",
    Relation.CONVERTED_FROM: "descendantOf",
    Relation.ADAPTS: "descendantOf",
    Relation.TRAINED_ON: "trainedOn",
    Relation.TESTED_ON: "testedOn",
    Relation.NAMES: "other",
}


def render(outcomes: Sequence[Report | Failure]) -> str:
    """One SPDX 3.0.1 document whose root elements are the targets: two spaces, a final newline."""
    document = {"@context": _CONTEXT, "@graph": graph_of(take_inventory(outcomes))}
    return json.dumps(document, ensure_ascii=True, indent=2) + "\n"


def graph_of(inventory: Inventory) -> list[Element]:
    """The elements of the document: creation, the document itself, then everything that it lists."""
    base = f"https://spdx.org/spdxdocs/openaudit-{inventory.identifier('spdx-3.0.1')}#"
    tool = f"{base}tool"
    creation: Element = {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": inventory.created,
        "createdBy": [tool],
    }
    elements = [
        _element("SoftwareAgent", tool, name=f"openaudit-{inventory.tool_version}"),
        *_agents(inventory, base),
        *(_package(part, base) for part in inventory.parts),
        *_annotations(inventory, base),
        *_licenses(inventory, base),
        *_relationships(inventory, base),
    ]
    return [creation, _document(inventory, base, elements), *elements]


def _document(inventory: Inventory, base: str, elements: Sequence[Element]) -> Element:
    profiles = ["core", "software", "simpleLicensing"]
    notes = list(inventory.notes)
    for profile, (type_, needed) in _MINIMA.items():
        packages = [element for element in elements if element["type"] == type_]
        missing = [name for name in needed if any(name not in package for package in packages)]
        if packages and not missing:
            profiles.append(profile)
        elif missing:
            notes.append(
                f"The {profile} profile is not claimed: not known of every package: {', '.join(missing)}."
            )
    document = _element(
        "SpdxDocument",
        f"{base}document",
        name=inventory.name,
        profileConformance=profiles,
        element=[element["spdxId"] for element in elements],
    )
    roots = [base + part.key for part in inventory.described]
    return document | _present(rootElement=roots, comment="\n".join(notes))


def _element(type_: str, id_: str, **properties: Any) -> Element:
    return {"type": type_, "spdxId": id_, "creationInfo": _CREATION, **properties}


def _present(**properties: Any) -> Element:
    """The properties that have a value: what is not known is left out."""
    return {name: value for name, value in properties.items() if value}


# ---------------------------------------------------------------- packages


def _agents(inventory: Inventory, base: str) -> Iterator[Element]:
    for account in sorted({part.account for part in inventory.parts if part.account}):
        comment = "The account that publishes it; whether a person or an organization is not known."
        yield _element("Agent", f"{base}account-{account}", name=account, comment=comment)


def _package(part: Part, base: str) -> Element:
    type_, purpose = _TYPES[part.kind]
    account = f"{base}account-{part.account}" if part.account else ""
    package = _element(type_, base + part.key, name=part.name)
    package |= _present(
        software_packageVersion=part.version,
        software_primaryPurpose=purpose,
        software_downloadLocation=part.url,
        software_packageUrl=part.purl,
        suppliedBy=account,
        releaseTime=part.released,
        comment="It could not be audited: nothing is asserted of it." if part.failed else "",
    )
    if part.kind is PartKind.MODEL:
        package |= _present(
            ai_typeOfModel=[part.architecture] if part.architecture else [],
            ai_informationAboutApplication=f"Task: {part.task}" if part.task else "",
            ai_limitation=" ".join(f"“{quote}”" for quote in part.limits),
        )
    if part.kind is PartKind.DATASET:
        package["dataset_datasetType"] = ["noAssertion"]
        package |= _present(
            originatedBy=[account] if account else [],
            dataset_datasetAvailability=_availability(part),
        )
    return package


def _availability(part: Part) -> str:
    if not part.url or not part.gated:
        return ""
    return "directDownload" if part.gated == "false" else "registration"


def _annotations(inventory: Inventory, base: str) -> Iterator[Element]:
    for part in inventory.parts:
        if part.facts:
            yield _element(
                "Annotation",
                f"{base}facts-{part.key}",
                annotationType="other",
                subject=base + part.key,
                contentType="text/plain",
                statement=as_lines(part.facts),
            )


# ---------------------------------------------------------------- licenses


def _licenses(inventory: Inventory, base: str) -> Iterator[Element]:
    texts = {custom.id: f"{base}text-{custom.id}" for custom in inventory.licenses}
    for custom in inventory.licenses:
        yield _element(
            "simplelicensing_SimpleLicensingText",
            texts[custom.id],
            name=custom.name,
            simplelicensing_licenseText=custom.text,
            **_present(comment="\n".join(f"See {link}" for link in custom.links)),
        )
    for text, id_ in _expression_ids(inventory, base).items():
        entries = [
            {"type": "DictionaryEntry", "key": member, "value": texts[member]}
            for member in members(text)
            if member in texts
        ]
        yield _element(
            "simplelicensing_LicenseExpression",
            id_,
            simplelicensing_licenseExpression=text,
            **_present(simplelicensing_customIdToUri=entries),
        )


def _expression_ids(inventory: Inventory, base: str) -> Mapping[str, str]:
    texts = {
        text
        for part in inventory.parts
        for text in (part.licensing.declared, part.licensing.concluded)
        if text not in _INDIVIDUALS
    }
    return {text: f"{base}license-{number}" for number, text in enumerate(sorted(texts), 1)}


# ---------------------------------------------------------------- relationships


def _relationships(inventory: Inventory, base: str) -> Iterator[Element]:
    licenses = {**_INDIVIDUALS, **_expression_ids(inventory, base)}
    for part in inventory.parts:
        spoken = (
            ("hasDeclaredLicense", part.licensing.declared, ""),
            ("hasConcludedLicense", part.licensing.concluded, "\n".join(part.licensing.note)),
        )
        for type_, text, comment in spoken:
            id_ = f"{base}{type_}-{part.key}"
            yield _relationship(id_, type_, base + part.key, licenses[text], comment)
    for number, link in enumerate(inventory.links, 1):
        yield from _link(link, base, f"{base}link-{number}")


def _link(link: Link, base: str, id_: str) -> Iterator[Element]:
    origin, target = base + link.origin, base + link.target if link.target else _NO_ASSERTION
    yield _relationship(id_, _RELATIONS[link.relation], origin, target, link.note)
    if link.relation is Relation.ADAPTS:
        note = "An adapter does not run without its base."
        yield _relationship(f"{id_}-base", "dependsOn", origin, target, note)


def _relationship(id_: str, type_: str, origin: str, target: str, comment: str) -> Element:
    relationship = _element("Relationship", id_, relationshipType=type_, to=[target], **{"from": origin})
    return relationship | _present(comment=comment)
