"""What a snapshot says: which texts to read of a listing, and the evidence in them. Pure: nothing here reads."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from openaudit.artifacts.artifact import Artifact
from openaudit.artifacts.names import classify_name
from openaudit.artifacts.reader import DEFAULT_MAX_BYTES, DEFAULT_MAX_CALLS
from openaudit.scanners import license_files
from openaudit.scanners.claims import scan_claims
from openaudit.scanners.code import scan_code as scan_code
from openaudit.scanners.code import wanted_code
from openaudit.scanners.code_links import code_target
from openaudit.scanners.datasets import scan_datasets
from openaudit.scanners.disclosures import scan_disclosures
from openaudit.scanners.files import scan_files
from openaudit.scanners.front_matter import value_of
from openaudit.scanners.headers import scan_headers
from openaudit.scanners.license_files import HUB_FILE, own_path, scan_license_files
from openaudit.scanners.lineage import scan_lineage
from openaudit.scanners.links import scan_links
from openaudit.scanners.origins import scan_origins
from openaudit.scanners.prose import scan_prose
from openaudit.scanners.record import scan_record
from openaudit.scanners.scene import Scanner, ScanRules, Scene, card_paths, make_scene, read_card, strings
from openaudit.scanners.sections import scan_sections
from openaudit.scanners.served import scan_served
from openaudit.scanners.statements import scan_statements
from openaudit.vocabulary import EvidenceSet, FileEntry, Snapshot, Target, TargetKind, Wanted, Where

SCANNERS: tuple[Scanner, ...] = (
    scan_statements,
    scan_prose,
    scan_license_files,
    scan_sections,
    scan_links,
    scan_datasets,
    scan_lineage,
    scan_claims,
    scan_disclosures,
    scan_files,
    scan_headers,
    scan_origins,
    scan_served,
    scan_record,
)

CARD_BYTES = 2_000_000
LICENSE_BYTES = 300_000
CONFIG_BYTES = 200_000
MAX_LICENSE_FILES = 6
MAX_REQUESTS = 12
"""What one scan asks of the Hub at most: the list of files, texts, and what is left for headers."""
_HUB_READS = 3
"""Ranges read of one file at most, one after the other: with the list, the texts and a redirect, six round trips."""
_HUB_HEADER_BYTES = 1_000_000
_HUB_FIRST_READ = 262_144
_FOLDER_HEADERS = 64


def wanted_of(subject: str, files: Sequence[FileEntry]) -> tuple[Wanted, ...]:
    """The texts to read of a listing of a model, a dataset or a code repository."""
    return wanted_code(files) if subject == "code" else wanted(files)


def link_to(target: Target, seen: EvidenceSet) -> Where:
    """Where the card links a code repository."""
    for evidence in seen.evidence:
        if evidence.topic.startswith("code.link."):
            found = code_target(evidence.value)
            if found is not None and found.id.lower() == target.id.lower():
                return evidence.where
    return Where(url=f"https://{target.id}")


def wanted(files: Sequence[FileEntry]) -> tuple[Wanted, ...]:
    """The texts to read of a listing, the most important first."""
    paths = [file.path for file in files]
    cards = card_paths(paths)
    texts = [path for path in paths if license_files.kind_of(path) is not None]
    texts.sort(key=lambda path: (path.count("/"), license_files.kind_of(path) == "notice", path))
    configs: list[str] = [path for path in ("config.json", "adapter_config.json") if path in paths]
    configs += [path for path in paths if classify_name(path) == "merge_config" and "/" not in path][:1]
    return (
        *(Wanted(path=path, max_bytes=CARD_BYTES) for path in cards[:1]),
        *(Wanted(path=path, max_bytes=LICENSE_BYTES) for path in texts[:MAX_LICENSE_FILES]),
        *(Wanted(path=path, max_bytes=CONFIG_BYTES) for path in configs),
    )


def wanted_links(snapshot: Snapshot) -> tuple[Wanted, ...]:
    """The license text that the card's `license_link` leads to, where it was not read already: a file here under a
    name that does not tell, or a file of another Hub repository."""
    card = read_card(snapshot)
    value = value_of(card.front, "license_link")[0] if card else None
    read = {document.path for document in snapshot.documents if document.origin is None}
    for link in strings(value, 2):
        here = own_path(link, snapshot.id)
        if here is not None:
            if here in {file.path for file in snapshot.files} - read:
                return (Wanted(path=here, max_bytes=LICENSE_BYTES),)
            continue
        match = HUB_FILE.match(link)
        if match is not None:
            origin = f"{match['repo']}@{unquote(match['rev'])}"
            return (Wanted(path=unquote(match["path"]).strip(), max_bytes=LICENSE_BYTES, origin=origin),)
    return ()


def headers_of(snapshot: Snapshot) -> tuple[tuple[str, int, int, int], ...]:
    """The weight files whose headers to read: path, bytes, reads and bytes of the first read at most for each.

    On the Hub only what the budget of requests leaves: the first file of one or two formats, one to three reads each.
    """
    kinds = [(file.path, classify_name(file.path)) for file in snapshot.files]
    weights = [path for path, kind in kinds if kind in ("weights", "adapter_weights")]
    if not _is_on_the_hub(snapshot):
        chosen = [*weights, *(path for path, kind in kinds if kind == "optimizer_state")][:_FOLDER_HEADERS]
        return tuple((path, DEFAULT_MAX_BYTES, DEFAULT_MAX_CALLS, 65_536) for path in chosen)
    texts = len(snapshot.documents) + sum(
        u.reason not in ("over-budget", "too-large") for u in snapshot.unread
    )
    spent = 1 + texts + (snapshot.access.gated not in (None, False))
    left = MAX_REQUESTS - spent
    first: dict[str, str] = {}
    for path in sorted(weights, key=lambda p: (_preference(p), p)):
        first.setdefault(path.rsplit(".", 1)[-1].lower(), path)
    # the first range of a large file costs two requests: the Hub redirects to its storage
    chosen = list(first.values())[: 2 if left >= 6 else 1]
    calls = max(1, min(_HUB_READS, left // max(1, len(chosen)) - 1))
    return tuple((path, _HUB_HEADER_BYTES, calls, _HUB_FIRST_READ) for path in chosen)


def _is_on_the_hub(snapshot: Snapshot) -> bool:
    """Whether each read costs a request: a repository of the Hub, or a served model that was traced to one."""
    served = snapshot.metadata.get("served")
    traced = served.get("traced") if isinstance(served, dict) else None
    return snapshot.target.kind in (TargetKind.MODEL, TargetKind.DATASET) or traced == "hub"


def _preference(path: str) -> int:
    """Formats that carry license metadata or can run code before the others."""
    endings = (".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt")
    return next((i for i, ending in enumerate(endings) if path.lower().endswith(ending)), len(endings))


def scan(snapshot: Snapshot, headers: Sequence[Artifact], rules: ScanRules) -> EvidenceSet:
    """All evidence in a snapshot, scanner by scanner, and the areas that could not be looked at."""
    scene = make_scene(snapshot, headers, rules)
    scanned = [scanner(scene) for scanner in SCANNERS]
    return EvidenceSet(
        evidence=tuple(evidence for part in scanned for evidence in part.evidence),
        statements=tuple(statement for part in scanned for statement in part.statements),
        unseen=_unseen(scene),
    )


def _unseen(scene: Scene) -> dict[str, str]:
    """Areas of evidence that could not be looked at, with the reason."""
    unseen: dict[str, str] = {}
    snapshot = scene.snapshot
    if not snapshot.listing_complete:
        why = next((unread.message for unread in snapshot.unread if unread.path == "."), "")
        unseen["files"] = why or "the list of files is not complete"
        if why and scene.card is None:
            unseen["card"] = why
    cards = set(card_paths(file.path for file in snapshot.files)) | {"README.md"}
    for unread in snapshot.unread:
        if unread.path in cards and (scene.card is None or scene.card.from_api):
            unseen["card"] = unread.message
        elif unread.path in cards and scene.card is not None:
            continue
        elif license_files.kind_of(unread.path) is not None and unread.reason != "not-found":
            unseen.setdefault("license-texts", unread.message)
        elif unread.path in ("config.json", "adapter_config.json"):
            unseen.setdefault("config", unread.message)
    return unseen


def artifacts(snapshot: Snapshot, headers: Sequence[Artifact], seen: EvidenceSet) -> dict[str, object]:
    """What is told of the weight files by the listing, their headers and the Hub."""
    formats = {e.value: int(e.detail.get("files", "0")) for e in seen.of("files.weights")}
    sizes = [e.detail.get("bytes") for topic in ("files.weights", "files.adapter") for e in seen.of(topic)]
    told: dict[str, object] = {"formats": dict(sorted(formats.items()))}
    if sizes and all(size is not None for size in sizes):
        told["bytes"] = sum(int(size or 0) for size in sizes)
    parameters = _parameters(snapshot, headers)
    if parameters is not None:
        told["parameters"] = parameters
    if headers:
        told["files"] = [_header(artifact) for artifact in headers]
        told["frameworks"] = sorted({artifact.framework for artifact in headers if artifact.framework})
        told["unsafe"] = [a.path for a in headers if a.safe == "unsafe"]
        told["unproven"] = [a.path for a in headers if a.safe == "unknown"]
    return told


def _parameters(snapshot: Snapshot, headers: Sequence[Artifact]) -> int | None:
    """As the Hub counted them, else the sum over the headers where all weight files were read."""
    for counted in (snapshot.metadata.get("safetensors"), snapshot.metadata.get("gguf")):
        total = counted.get("total") if isinstance(counted, dict) else None
        if isinstance(total, int) and not isinstance(total, bool) and 0 <= total < 10**16:
            return total
    weights = [f.path for f in snapshot.files if classify_name(f.path) == "weights"]
    counts = {a.path: a.parameters for a in headers if a.path in weights}
    formats = {a.format for a in headers if a.path in weights}
    if not weights or set(counts) != set(weights) or None in counts.values() or len(formats) != 1:
        return None
    return sum(count or 0 for count in counts.values())


def _header(artifact: Artifact) -> dict[str, object]:
    said: dict[str, object] = {
        "path": artifact.path,
        "format": artifact.format,
        "safe": artifact.safe,
        "reasons": list(artifact.reasons[:5]),
        "problems": [f"{p.code}: {p.message}" for p in artifact.problems[:10]],
        "license": dict(artifact.license_metadata[:10]),
    }
    if artifact.parameters is not None:
        said["parameters"] = artifact.parameters
    if artifact.dtypes:
        said["dtypes"] = dict(sorted(artifact.dtypes.items()))
    return said
