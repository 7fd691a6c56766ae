"""What runs where: the name a model is served under, what its server tells of it, and where that leads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from openaudit.artifacts.artifact import Artifact
from openaudit.scanners.headers import scan_headers
from openaudit.scanners.lineage import family_detail
from openaudit.scanners.scene import Scanned, Scene, quote
from openaudit.vocabulary import Evidence, LicenseStatement, Where

_KEPT_TOPICS = ("base.named", "data.named")
_WORDS = re.compile(r"[a-z]+|\d+", re.IGNORECASE)
_CLAIMS = frozenset(
    {"apache", "mit", "bsd", "isc", "open", "opensource", "permissive", "unrestricted", "cc0", "publicdomain"}
)
"""Words of a name that promise free use to whoever picks the model by it; each is a word of its own in the name."""


def scan_served(scene: Scene) -> Scanned:
    """Evidence of how a model is served or stored, and license statements that its server passes on."""
    served = scene.snapshot.metadata.get("served")
    stored = scene.snapshot.metadata.get("ollama")
    evidence: list[Evidence] = []
    statements: tuple[LicenseStatement, ...] = ()
    if isinstance(served, dict):
        evidence += _served(scene, served)
        passed_on = _header(scene, served)
        evidence += [e for e in passed_on.evidence if e.topic in _KEPT_TOPICS]
        statements = passed_on.statements
    if isinstance(stored, dict):
        evidence += _stored(scene, stored)
    return Scanned(evidence=tuple(evidence), statements=statements)


def _served(scene: Scene, served: Mapping[str, Any]) -> Iterator[Evidence]:
    name, server = _text(served, "name"), _text(served, "server")
    where = Where(url=_text(served, "address"))
    method = f"answer of {server}"
    facts = served.get("facts")
    detail = {key: str(value) for key, value in facts.items()} if isinstance(facts, dict) else {}
    detail |= {"server": server, "root": _text(served, "root"), "place": _text(served, "place")}
    says = f"{server} serves it as “{name}”"
    yield Evidence(
        topic="served.name", value=name, where=where, quote=quote(says), method=method, detail=detail
    )
    if untraced := _text(served, "untraced"):
        yield Evidence(
            topic="served.untraced", value=untraced, where=where, quote=quote(untraced), method=method
        )
    else:
        place = _text(served, "place")
        says = f"{place}: {_text(served, 'how')}"
        yield Evidence(topic="served.traced", value=place, where=where, quote=quote(says), method=method)
    yield from _base(scene, served, where, method)
    yield from _claim(name, where, method, says=f"served as “{name}”", own=_text(served, "place"))


def _base(scene: Scene, served: Mapping[str, Any], where: Where, method: str) -> Iterator[Evidence]:
    """The base that a server runs an adapter on: it binds the adapter, whatever the adapter's own files say."""
    base = served.get("base")
    id_ = _text(base, "id") if isinstance(base, dict) else ""
    if not id_ or not isinstance(base, dict):
        return
    detail = {"relation": "adapter"}
    found = scene.known.family_of(id_)
    if found is not None:
        detail |= family_detail(scene.known, found[0])
    if license_ := _text(base, "license"):
        detail["license"] = "|".join(dict.fromkeys([license_, *detail.get("license", "").split("|")])).strip(
            "|"
        )
    says = f"served as an adapter of “{_text(served, 'parent')}” ({id_})"
    yield Evidence(
        topic="base.named",
        value=id_,
        where=where,
        quote=quote(says),
        method=method,
        confidence=1.0,
        detail=detail,
    )


def _stored(scene: Scene, stored: Mapping[str, Any]) -> Iterator[Evidence]:
    """The name in an Ollama store, and the repository of the Hub that it was pulled from."""
    name, where = _text(stored, "name"), Where(path="manifest")
    if repository := _text(stored, "hub_repository"):
        yield Evidence(
            topic="artifact.repository", value=repository, where=where, quote=quote(name), method="Ollama name",
            detail={"role": "this model"},
        )  # fmt: skip
    if not isinstance(scene.snapshot.metadata.get("served"), dict):
        yield from _claim(name, where, "Ollama name", says=f"named “{name}” in the Ollama store", own="")


def _claim(name: str, where: Where, method: str, *, says: str, own: str) -> Iterator[Evidence]:
    """A name that promises a license. The name of the repository itself is no promise of whoever serves it."""
    label = name.rsplit("/", 1)[-1]
    if own and label.lower() == own.rsplit("/", 1)[-1].lower():
        return
    words = [
        word for word in _WORDS.findall(label.lower().replace("open-source", "opensource")) if word in _CLAIMS
    ]
    if words:
        yield Evidence(
            topic="served.name-license", value=name, where=where, quote=quote(says), method=method,
            confidence=0.8, detail={"word": words[0]},
        )  # fmt: skip


def _header(scene: Scene, served: Mapping[str, Any]) -> Scanned:
    """The GGUF keys that a server passes on, read like those of a file, where the file itself is not at hand."""
    header = served.get("header")
    if not isinstance(header, dict) or served.get("traced") in ("ollama", "file", "folder"):
        return Scanned()
    pairs = tuple((str(key), str(value)) for key, value in header.items())
    told = Artifact(
        path="model_info",
        format="gguf",
        framework="gguf",
        size_bytes=None,
        parameters=None,
        dtypes={},
        license_metadata=tuple(pair for pair in pairs if "license" in pair[0]),
        metadata=pairs,
        safe="unknown",
        reasons=(),
        problems=(),
        globals=(),
        external_paths=(),
        bytes_read=0,
    )
    return scan_headers(replace(scene, artifacts=(told,)))


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""
