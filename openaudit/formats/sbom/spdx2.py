"""SPDX 2.3, as JSON and as tag-value, through the model and the writers of spdx-tools.

Source: https://spdx.github.io/spdx-spec/v2.3/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO

from license_expression import ExpressionError, LicenseExpression
from spdx_tools.common.spdx_licensing import spdx_licensing  # type: ignore[import-untyped]
from spdx_tools.spdx.model.actor import Actor, ActorType
from spdx_tools.spdx.model.annotation import Annotation, AnnotationType
from spdx_tools.spdx.model.document import CreationInfo, Document
from spdx_tools.spdx.model.extracted_licensing_info import ExtractedLicensingInfo
from spdx_tools.spdx.model.package import (
    ExternalPackageRef,
    ExternalPackageRefCategory,
    Package,
    PackagePurpose,
)
from spdx_tools.spdx.model.relationship import Relationship, RelationshipType
from spdx_tools.spdx.model.spdx_no_assertion import SpdxNoAssertion
from spdx_tools.spdx.model.spdx_none import SpdxNone
from spdx_tools.spdx.parser.tagvalue.lexer import SPDXLexer
from spdx_tools.spdx.validation.uri_validators import validate_download_location, validate_url
from spdx_tools.spdx.writer.json import json_writer
from spdx_tools.spdx.writer.tagvalue import tagvalue_writer

from openaudit.formats.sbom.inventory import (
    Inventory,
    Link,
    Part,
    PartKind,
    Relation,
    as_lines,
    take_inventory,
)
from openaudit.formats.sbom.licensing import NOASSERTION, NONE
from openaudit.vocabulary import Failure, Report

_PURPOSES = {PartKind.CODE: PackagePurpose.SOURCE}
_FIELD = re.compile(
    r"(Tool|Organization|Person|<text>|\d{4}-\d\d-\d\dT|(ADLER32|BLAKE|MD\d|SHA)[\w-]*:)", re.IGNORECASE
)
_TEXT_TAG = re.compile(r"<(/?)text>", re.IGNORECASE)


def render_json(outcomes: Sequence[Report | Failure]) -> str:
    """One SPDX 2.3 document as JSON that describes every target."""
    written = StringIO()
    json_writer.write_document_to_stream(_document(outcomes), written, validate=False, drop_duplicates=False)
    return written.getvalue() + "\n"


def render_tag_value(outcomes: Sequence[Report | Failure]) -> str:
    """The same document in SPDX's own text form."""
    written = StringIO()
    tagvalue_writer.write_document_to_stream(
        _document(outcomes), written, validate=False, drop_duplicates=False
    )
    return written.getvalue()


def _document(outcomes: Sequence[Report | Failure]) -> Document:
    inventory = take_inventory(outcomes)
    created = datetime.strptime(inventory.created, "%Y-%m-%dT%H:%M:%SZ")
    tool = Actor(ActorType.TOOL, f"openaudit-{inventory.tool_version}")
    known = {custom.id for custom in inventory.licenses}
    return Document(
        creation_info=CreationInfo(
            spdx_version="SPDX-2.3",
            spdx_id="SPDXRef-DOCUMENT",
            name=_text(inventory.name),
            document_namespace=f"https://spdx.org/spdxdocs/openaudit-{inventory.identifier('spdx-2.3')}",
            creators=[tool],
            created=created,
            document_comment=_text("\n".join(inventory.notes)) if inventory.notes else None,
        ),
        packages=[_package(part, known) for part in inventory.parts],
        annotations=[
            Annotation(_id(part.key), AnnotationType.OTHER, tool, created, _text(as_lines(part.facts)))
            for part in inventory.parts
            if part.facts
        ],
        relationships=list(_relationships(inventory)),
        extracted_licensing_info=[
            ExtractedLicensingInfo(
                license_id=custom.id,
                extracted_text=_text(custom.text),
                license_name=_text(custom.name),
                cross_references=[link for link in custom.links if not validate_url(link)],
            )
            for custom in inventory.licenses
        ],
    )


def _package(part: Part, known: set[str]) -> Package:
    purl = part.purl and ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", part.purl)
    address = part.url if part.url is None or not validate_url(part.url) else None
    note = part.licensing.note
    return Package(
        spdx_id=_id(part.key),
        name=_text(part.name),
        version=_text(part.version) if part.version else None,
        download_location=_download_location(part),
        supplier=SpdxNoAssertion(),
        files_analyzed=False,
        homepage=address,
        source_info=_text(f"Read at {part.url}") if part.url and address is None else None,
        license_concluded=_license(part.licensing.concluded, known),
        license_declared=_license(part.licensing.declared, known),
        license_comment=_text("\n".join(note)) if note else None,
        copyright_text=SpdxNoAssertion(),
        comment=_text(_comment(part)),
        external_references=[purl] if purl else [],
        primary_package_purpose=_PURPOSES.get(part.kind, PackagePurpose.OTHER),
        release_date=datetime.strptime(part.released, "%Y-%m-%dT%H:%M:%SZ") if part.released else None,
    )


def _comment(part: Part) -> str:
    """What SPDX 2.3 has no field for: that this is a model or a dataset, and that it could not be read."""
    what = {
        PartKind.MODEL: "A machine learning model.",
        PartKind.DATASET: "A dataset.",
        PartKind.CODE: "A code repository.",
        PartKind.UNKNOWN: "What it holds is not known.",
    }[part.kind]
    return f"{what} It could not be audited." if part.failed else what


def _download_location(part: Part) -> str | SpdxNoAssertion:
    """The address with the revision, where the validator of spdx-tools takes it for one (it wants a domain name)."""
    if part.url is None:
        return SpdxNoAssertion()
    pinned = re.fullmatch(r"[0-9a-f]{40}", part.version)
    location = f"git+{part.url}@{part.version}" if pinned else part.url
    return SpdxNoAssertion() if validate_download_location(location) else location


def _license(text: str, known: set[str]) -> LicenseExpression | SpdxNoAssertion | SpdxNone:
    """The expression; not asserted where spdx-tools does not know an id (its list may be older than ours)."""
    if text == NONE:
        return SpdxNone()
    if text == NOASSERTION:
        return SpdxNoAssertion()
    try:
        parsed = spdx_licensing.parse(text, strict=True)
    except ExpressionError:  # an exception where a license belongs
        return SpdxNoAssertion()
    unknown = set(spdx_licensing.unknown_license_keys(parsed)) - known
    return SpdxNoAssertion() if unknown else parsed


# ---------------------------------------------------------------- relationships


def _relationships(inventory: Inventory) -> Iterator[Relationship]:
    described = inventory.described
    for part in described:
        yield Relationship("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, _id(part.key))
    if not described:
        yield Relationship("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, SpdxNone())
    for link in inventory.links:
        yield from _relationship(link)


def _relationship(link: Link) -> Iterator[Relationship]:
    """SPDX 2.3 has no word for training, so the comment says it: a model is generated from its training data."""
    origin = _id(link.origin)
    target = SpdxNoAssertion() if link.target is None else _id(link.target)
    if link.relation is Relation.TESTED_ON and isinstance(target, str):
        yield Relationship(target, RelationshipType.TEST_OF, origin, _text(f"tested on: {link.note}"))
        return
    type_, word = {
        Relation.DESCENDS_FROM: (RelationshipType.DESCENDANT_OF, "made from"),
        Relation.ADAPTS: (RelationshipType.DESCENDANT_OF, "adapts"),
        Relation.CONVERTED_FROM: (RelationshipType.GENERATED_FROM, "converted from"),
        Relation.TRAINED_ON: (RelationshipType.GENERATED_FROM, "trained on"),
        Relation.TESTED_ON: (RelationshipType.OTHER, "tested on"),
        Relation.NAMES: (RelationshipType.OTHER, "names"),
    }[link.relation]
    yield Relationship(origin, type_, target, _text(f"{word}: {link.note}"))
    if link.relation is Relation.ADAPTS:
        yield Relationship(
            origin, RelationshipType.DEPENDS_ON, target, "an adapter does not run without its base"
        )


# ---------------------------------------------------------------- words


def _id(key: str) -> str:
    return f"SPDXRef-{key}"


def _text(text: str) -> str:
    """Text that the tag-value form reads back as itself: it ends no text field, and a single line that looks like
    a word of the form is quoted."""
    text = _TEXT_TAG.sub(r"‹\1text›", text)
    looks_like_form = "\n" not in text and (_FIELD.match(text) or text in SPDXLexer.reserved)
    return f"“{text}”" if looks_like_form else text
