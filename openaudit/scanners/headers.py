"""What the headers of weight files tell: their license metadata, their origin, and whether loading them is safe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.artifacts.artifact import Artifact
from openaudit.licenses.names import find_names, resolve_tag
from openaudit.scanners.lineage import family_detail
from openaudit.scanners.scene import Scanned, Scene, quote
from openaudit.scanners.statements import statement
from openaudit.vocabulary import Evidence, LicenseStatement, StatementKind, Where

_URL_KEY = re.compile(r"(?:link|url)$", re.IGNORECASE)
_BASE_KEY = re.compile(r"^general\.base_model\.(\d+)\.(repo_url|name|organization)$")
_REPOSITORY = re.compile(r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+)")
_DATASET_KEY = re.compile(r"^general\.(?:datasets|dataset\.\d+\.repo_url)$")


def scan_headers(scene: Scene) -> Scanned:
    """Evidence and license statements of every weight file whose header was read."""
    statements = [made for artifact in scene.artifacts for made in _licenses(scene, artifact)]
    evidence = [made for artifact in scene.artifacts for made in _evidence(scene, artifact)]
    return Scanned(statements=tuple(statements), evidence=tuple(evidence))


def _licenses(scene: Scene, artifact: Artifact) -> Iterator[LicenseStatement]:
    where = Where(path=artifact.path)
    for key, value in artifact.license_metadata:
        if "copyright" in key.lower() or not value.strip():
            continue
        if _URL_KEY.search(key):
            spans = find_names(value, scene.catalog)
            if not spans:
                continue
            value = spans[0].text
            match = resolve_tag(spans[0].licenses[0], scene.catalog)
        else:
            match = resolve_tag(value, scene.catalog)
        made = statement(
            scene, StatementKind.HEADER, value, match, where, scope=frozenset({"weights"}), note=""
        )
        yield made


def _evidence(scene: Scene, artifact: Artifact) -> Iterator[Evidence]:
    where = Where(path=artifact.path)
    detail: dict[str, str] = {"safe": artifact.safe}
    if artifact.parameters is not None:
        detail["parameters"] = str(artifact.parameters)
    yield Evidence(topic="artifact.read", value=artifact.format, where=where, method="header", detail=detail)
    if artifact.framework:
        yield Evidence(topic="artifact.framework", value=artifact.framework, where=where, method="header")
    if artifact.safe == "unsafe":
        yield _said("artifact.unsafe", artifact, _unsafe_words(artifact))
    elif artifact.safe == "unknown":
        yield _said(
            "artifact.unproven", artifact, artifact.reasons[0] if artifact.reasons else artifact.format
        )
    for problem in artifact.problems:
        if problem.kind in ("damaged", "hostile"):
            yield _said(f"artifact.{problem.kind}", artifact, problem.message, problem.code)
    yield from _bases(scene, artifact)
    yield from _datasets(scene, artifact)


def _unsafe_words(artifact: Artifact) -> str:
    names = [made.path for made in artifact.globals if made.verdict == "unsafe"]
    return ", ".join(names[:4]) if names else (artifact.reasons[0] if artifact.reasons else "unsafe")


def _said(topic: str, artifact: Artifact, says: str, value: str | None = None) -> Evidence:
    return Evidence(
        topic=topic,
        value=value or quote(says),
        where=Where(path=artifact.path),
        quote=quote(says),
        method="header",
        detail={"path": artifact.path},
    )


def _bases(scene: Scene, artifact: Artifact) -> Iterator[Evidence]:
    """GGUF: `general.base_model.N.repo_url`, or its organization and name."""
    told: dict[str, dict[str, str]] = {}
    for key, value in artifact.metadata:
        match = _BASE_KEY.match(key)
        if match:
            told.setdefault(match[1], {})[match[2]] = value
    for number in sorted(told):
        said = told[number]
        link = _REPOSITORY.match(said.get("repo_url", ""))
        name = said.get("name", "").strip().replace(" ", "-")
        owner = said.get("organization", "").strip().replace(" ", "-")
        id_ = link[1] if link else f"{owner}/{name}" if owner and name else name
        if not id_ or id_.lower() == scene.snapshot.id.lower():
            continue
        relation = "quantized" if artifact.format == "gguf" else "finetune"
        detail = {"relation": relation}
        found = scene.known.family_of(id_)
        if found is not None:
            detail |= family_detail(scene.known, found[0])
        yield Evidence(
            topic="base.named", value=id_, where=Where(path=artifact.path), quote=quote(f"general.base_model.{number}: {id_}"),
            method="header", confidence=0.9 if link else 0.7, detail=detail,
        )  # fmt: skip


def _datasets(scene: Scene, artifact: Artifact) -> Iterator[Evidence]:
    for key, value in artifact.metadata:
        if _DATASET_KEY.match(key) and value.strip():
            for name in re.split(r"[,\s]+", value.strip("[]"))[:10]:
                yield Evidence(
                    topic="data.named", value=name, where=Where(path=artifact.path), quote=quote(f"{key}: {value}"),
                    method="header", confidence=0.8, detail={"role": "training"},
                )  # fmt: skip
