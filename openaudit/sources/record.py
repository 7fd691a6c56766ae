"""Model Openness Tool records: one YAML file of declared components, read with bounds, as a target."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from openaudit.artifacts.reader import ByteReader
from openaudit.errors import Damaged, NotFound
from openaudit.sources.interface import Listing, Progress, resolved_now
from openaudit.sources.limits import Limits
from openaudit.sources.regular_file import read_regular_file
from openaudit.vocabulary import Access, Document, FileEntry, Snapshot, Target, Unread, Wanted
from openaudit.yaml_text import YamlProblem, parse

RECORD_BYTES = 512 * 1024
MOST_COMPONENTS = 500
_TEXT = 2_000
_RELEASE_TEXTS = (
    *("name", "version", "date", "type", "architecture", "treatment", "origin", "producer", "contact"),
    *("repository", "huggingface"),
)
_COMPONENT_TEXTS = ("description", "license_path", "component_path")


def read_record(text: str, name: str) -> dict[str, Any]:
    """The parts of a record that count, as plain bounded values: `framework`, `release` texts, global `license` by key,
    and `components`; a component's `license` is None where the record leaves it to the release.

    Raises: Damaged for what is no record. Source: https://github.com/lfai/model_openness_tool (models/*.yml).
    """
    try:
        value = parse(text)
    except YamlProblem as problem:
        at = f" in line {problem.line}" if problem.line else ""
        raise Damaged(f"{name} is no YAML{at}: {problem.message}.") from problem
    release = value.get("release") if isinstance(value, dict) else None
    if not isinstance(release, dict) or not isinstance(value.get("framework"), dict):
        raise Damaged(
            f"{name} is no Model Openness Tool record.", hint="A record has the keys framework and release."
        )
    listed = release.get("components")
    if listed is None:
        listed = []
    if not isinstance(listed, list) or len(listed) > MOST_COMPONENTS:
        raise Damaged(f"{name}: release.components must be a list of at most {MOST_COMPONENTS} components.")
    return {
        "framework": {key: _text(value["framework"].get(key)) for key in ("name", "version", "date")},
        "release": {key: _text(release.get(key)) for key in _RELEASE_TEXTS},
        "license": _globals(release.get("license")),
        "components": [_component(item, i, name) for i, item in enumerate(listed)],
    }


def _component(item: object, index: int, name: str) -> dict[str, str | None]:
    if not isinstance(item, Mapping) or not _text(item.get("name")):
        raise Damaged(f"{name}: release.components[{index}] has no name.")
    license_ = item.get("license")
    if isinstance(license_, Mapping):
        license_ = license_.get("name")
    found: dict[str, str | None] = {key: _text(item.get(key)) for key in _COMPONENT_TEXTS}
    found["name"] = _text(item["name"])
    found["license"] = None if license_ is None else _text(license_)
    return found


def _globals(value: object) -> dict[str, dict[str, str]]:
    """The release's licenses by key; a bare text is that of the distribution."""
    if isinstance(value, str):
        return {"distribution": {"name": _text(value), "path": ""}}
    if not isinstance(value, Mapping):
        return {}
    found = {}
    for key in ("distribution", "code", "data", "document"):
        item = value.get(key)
        if isinstance(item, Mapping):
            found[key] = {"name": _text(item.get("name")), "path": _text(item.get("path"))}
        elif isinstance(item, str):
            found[key] = {"name": _text(item), "path": ""}
    return found


def _text(value: object) -> str:
    """A scalar as text, cut to a bound; anything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)[:_TEXT].strip()


class RecordSource:
    """Reads records. What a record declares is in the snapshot's metadata under `record`, its text among the documents."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()

    def open(self, target: Target) -> Listing:
        """The record. Raises: SourceError where the file cannot be read or is no record."""
        path = Path(target.id)
        data = read_regular_file(path, ceiling=RECORD_BYTES, kind="record", shown=path.name)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Damaged(f"{path.name} is not UTF-8.") from error
        record = read_record(text, path.name)
        digest = hashlib.sha256(data).hexdigest()
        return Listing(
            target=target,
            subject="model",
            id=record["release"]["name"] or path.stem,
            revision=f"sha256:{digest}",
            url=None,
            resolved_at=resolved_now(),
            files=(FileEntry(path=path.name, size_bytes=len(data), digest=f"sha256:{digest}"),),
            listing_complete=True,
            metadata={"record": {**record, "file": path.name, "text": text}},
            access=Access(
                detail="A record declares what was released; the release itself was not looked at."
            ),
        )

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The record as a document; the files of the release that it speaks of are not looked at."""
        record = dict(listing.metadata["record"])
        text = str(record.pop("text"))
        data = text.encode("utf-8")
        document = Document(
            path=str(record["file"]),
            text=text,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        gaps = [
            Unread(path=wish.path, reason=NotFound.reason, message=f"{wish.path} is not in a record.")
            for wish in wanted
        ]
        return replace(listing.snapshot((document,), gaps), metadata={"record": record})

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The same snapshot: a record leads nowhere that is read."""
        return snapshot

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Never: a record holds no weights. Raises: NotFound."""
        raise NotFound(f"A record holds no bytes of {path}.")
