"""The repository that a weight file's own metadata names: where to look when only the file is at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.artifacts.artifact import Artifact
from openaudit.scanners.lineage import family_detail
from openaudit.scanners.scene import Scanned, Scene, quote
from openaudit.vocabulary import Evidence, TargetKind, Where

_REPOSITORY = re.compile(
    r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+)|^([\w.-]+/[\w.-]+)$"
)
_THIS, _SOURCE, _BASE = "this model", "what it was converted from", "its base"
_ROLES = (
    (re.compile(r"^general\.(?:repo_url|huggingface\.repository|url)$"), _THIS),
    (re.compile(r"^general\.source\.(?:repo_url|url|huggingface\.repository)$"), _SOURCE),
    (re.compile(r"^general\.base_model\.\d+\.repo_url$"), _BASE),
    (re.compile(r"(?:^|[._/-])(?:repo(?:sitory)?(?:_?(?:url|id))?)$", re.IGNORECASE), _THIS),
    (re.compile(r"(?:^|[._/-])base_?models?$", re.IGNORECASE), _BASE),
)
_ON_THE_HUB = (TargetKind.MODEL, TargetKind.DATASET)


def scan_origins(scene: Scene) -> Scanned:
    """Evidence of the repositories that headers name, for what was not read from the Hub; a conversion's source is a
    base as well."""
    if scene.snapshot.target.kind in _ON_THE_HUB:
        return Scanned()
    named: dict[tuple[str, str], Evidence] = {}
    for artifact in scene.artifacts:
        for evidence in _named(artifact):
            if evidence.value.lower() != scene.snapshot.id.lower():
                named.setdefault((evidence.value.lower(), evidence.detail["role"]), evidence)
    bases = {evidence.value.lower() for evidence in named.values() if evidence.detail["role"] == _BASE}
    sources = [
        _base(scene, evidence)
        for evidence in named.values()
        if evidence.detail["role"] == _SOURCE and evidence.value.lower() not in bases
    ]
    return Scanned(evidence=(*named.values(), *sources))


def _named(artifact: Artifact) -> Iterator[Evidence]:
    for key, value in artifact.metadata:
        role = next((role for pattern, role in _ROLES if pattern.search(key)), None)
        match = _REPOSITORY.match(value.strip()) if role else None
        if role and match:
            yield Evidence(
                topic="artifact.repository",
                value=match[1] or match[2],
                where=Where(path=artifact.path),
                quote=quote(f"{key}: {value}"),
                method="header",
                detail={"role": role},
            )


def _base(scene: Scene, source: Evidence) -> Evidence:
    detail = {"relation": "conversion"}
    found = scene.known.family_of(source.value)
    if found is not None:
        detail |= family_detail(scene.known, found[0])
    return Evidence(
        topic="base.named",
        value=source.value,
        where=source.where,
        quote=source.quote,
        method="header",
        confidence=0.8,
        detail=detail,
    )
