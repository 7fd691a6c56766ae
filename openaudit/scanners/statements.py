"""What the card's metadata says of a license: the tag, `license_name`, `license_link`, and the terms of the gate."""

from __future__ import annotations

import json
from collections.abc import Iterator

from openaudit.licenses.catalog import Catalog, Joined
from openaudit.licenses.names import NameMatch, find_names, resolve_tag
from openaudit.scanners.scene import Scanned, Scene, quote, strings
from openaudit.vocabulary import Evidence, Grant, LicenseStatement, StatementKind, Where

_NOTES = {"other": "names no license", "placeholder": "a placeholder", "none": "says that there is none"}


def scan_statements(scene: Scene) -> Scanned:
    """The license statements of the metadata, and what is wrong with the block."""
    if scene.card is None:
        return Scanned()
    statements = (*_tags(scene), *_names(scene), *_links(scene), *_gate(scene))
    return Scanned(statements=tuple(statements), evidence=tuple(_slips(scene)))


def _tags(scene: Scene) -> Iterator[LicenseStatement]:
    value, where = scene.front("license")
    if value is None:
        return
    tags = strings(value) or (
        (json.dumps(value, ensure_ascii=False)[:100],) if value not in ("", [], {}) else ()
    )
    if not tags:
        yield statement(scene, StatementKind.TAG, "(empty)", NameMatch(value="", kind="placeholder"), where)
        return
    matches = [resolve_tag(tag, scene.catalog) for tag in tags]
    for tag, match in zip(tags, matches, strict=True):
        joined: Joined = match.joined if len(tags) == 1 else "unclear"
        yield statement(scene, StatementKind.TAG, tag, match, where, joined=joined)


def _names(scene: Scene) -> Iterator[LicenseStatement]:
    value, where = scene.front("license_name")
    for name in strings(value, 5):
        match = resolve_tag(name, scene.catalog)
        yield statement(scene, StatementKind.NAME, name, match, where)
    commercial, where = scene.front("commercial")
    if commercial is False or commercial == "no":
        yield statement(
            scene, StatementKind.NAME, "non-commercial", resolve_tag("non-commercial", scene.catalog), where
        )
    details, where = scene.front("license_details")
    for text in strings(details, 5):
        yield statement(scene, StatementKind.NAME, quote(text), resolve_tag(text, scene.catalog), where)


def _links(scene: Scene) -> Iterator[LicenseStatement]:
    value, where = scene.front("license_link")
    for link in strings(value, 5):
        found = tuple(dict.fromkeys(i for span in find_names(link, scene.catalog) for i in span.licenses))
        match = NameMatch(value=link, kind="known" if found else "other", licenses=found)
        yield statement(scene, StatementKind.LINK, link, match, where, note="" if found else "only a link")


def _gate(scene: Scene) -> Iterator[LicenseStatement]:
    """Llama-style gates print the whole agreement in `extra_gated_prompt`: its title names the license."""
    value, where = scene.front("extra_gated_prompt")
    for text in strings(value, 1):
        spans = find_names(text[:600], scene.catalog)
        if spans:
            match = NameMatch(value=spans[0].text, kind="known", licenses=spans[0].licenses)
            says = text[spans[0].start : spans[0].end]
            yield statement(scene, StatementKind.PROSE, says, match, where, note="from the terms of the gate")


def statement(
    scene: Scene,
    kind: StatementKind,
    says: str,
    match: NameMatch,
    where: Where,
    *,
    joined: Joined | None = None,
    scope: frozenset[str] = frozenset({"release"}),
    note: str = "",
) -> LicenseStatement:
    """A statement as the catalog understands it; one that only limits by its name says so in `terms`."""
    joined = joined or match.joined
    grant, at_most, terms = match.grant, Grant.OPEN, list(match.states)
    if match.licenses:
        grant = scene.catalog.grant(match.licenses, _combined(joined))
        at_most = scene.catalog.at_most(match.licenses, _combined(joined))
        for id_ in match.licenses:
            license_ = scene.catalog.by_id(id_)
            terms.extend(
                t for t in (scene.catalog.term_names(license_) if license_ else ()) if t not in terms
            )
    elif match.kind in ("placeholder", "none"):
        grant = Grant.UNLICENSED
    return LicenseStatement(
        kind=kind,
        says=quote(says),
        where=where,
        licenses=match.licenses,
        names=license_names(match.licenses, scene.catalog),
        joined=joined,
        scope=scope,
        grant=grant,
        at_most=at_most,
        terms=tuple(terms),
        quote=quote(says),
        confidence=1.0 if match.licenses else 0.5,
        claimed=match.kind not in ("placeholder", "none"),
        note=note or _NOTES.get(match.kind, ""),
    )


def license_names(ids: tuple[str, ...], catalog: Catalog) -> tuple[str, ...]:
    """How people call some licenses; the id where the rules have no name."""
    return tuple(known.name if (known := catalog.by_id(id_)) else id_ for id_ in ids)


def _combined(joined: Joined) -> Joined:
    """Several licenses that are not said to be a choice all bind."""
    return "any" if joined == "any" else "all"


def _slips(scene: Scene) -> Iterator[Evidence]:
    assert scene.card is not None
    for slip in scene.card.front.slips:
        where = Where(path=scene.card.path, lines=(slip.line, slip.line))
        topic = "card.slip"
        yield Evidence(topic=topic, value=slip.kind, where=where, quote=slip.message, method="front matter")
