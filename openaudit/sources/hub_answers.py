"""What the Hub answers, checked: JSON of the right shape, paths that lead nowhere else, texts that are texts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from openaudit.errors import Damaged, SourceError, TargetError
from openaudit.sources.door import Answer, shown
from openaudit.sources.limits import Limits
from openaudit.sources.nesting import is_deep
from openaudit.sources.targets import parse_hub_name
from openaudit.vocabulary import Access, FileEntry, Unread, Wanted

_KEPT = (
    *("id", "sha", "author", "createdAt", "lastModified", "private", "gated", "disabled", "tags", "cardData"),
    *("config", "library_name", "pipeline_tag", "safetensors", "gguf", "baseModels", "model-index"),
    *("transformersInfo", "description", "citation", "paperswithcode_id", "mainSize", "usedStorage"),
)
"""What is kept of the Hub's payload: all that says something of the repository, nothing that changes by the hour."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head)\b", re.I | re.S
)
_WEIGHTS = (
    *(".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".keras", ".npz"),
    *(".parquet", ".arrow", ".tar", ".zip", ".jsonl", ".csv"),
)
"""Files whose HEAD shows whether the weights (of a dataset: the data) can be had, the most telling first."""


def payload_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer. Raises: Damaged."""
    _refuse_page(answer)
    try:
        text = answer.body.decode("utf-8-sig", "replace")
        payload = json.loads(text, parse_constant=_nothing, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{shown(answer.url)} answered with broken JSON.", hint="Check HF_ENDPOINT.") from error
    if b"\\ud" in answer.body or b"\\uD" in answer.body:
        payload = _without_surrogates(payload)
    if not isinstance(payload, dict):
        raise Damaged(f"{shown(answer.url)} answered with JSON of another kind.", hint="Check HF_ENDPOINT.")
    return payload


def metadata_of(info: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the payload. Raises: Damaged for data that is nested beyond all use."""
    kept = {key: info[key] for key in _KEPT if key in info}
    if is_deep(kept):
        raise Damaged("The endpoint answered with metadata that is nested too deeply.")
    return kept


def _refuse_page(answer: Answer) -> None:
    """Raises: Damaged for a web page where data was asked for."""
    if "text/html" in answer.headers.get("content-type", "").lower() or _PAGE.match(answer.body[:2_000]):
        raise Damaged(
            f"{shown(answer.url)} answered with an HTML page instead of data: a login page or a proxy?",
            hint="Check HF_ENDPOINT and the proxy settings.",
        )


def check_text(answer: Answer, wish: Wanted, entry: FileEntry | None) -> None:
    """Raises: Damaged for a text that is not the file. `X-Repo-Commit` is what a login page does not send."""
    vouched = "x-repo-commit" in answer.first_headers
    is_page = bool(_PAGE.match(answer.body[:2_000]))
    declared = "text/html" in answer.headers.get("content-type", "").lower()
    if (
        not wish.path.lower().endswith((".html", ".htm"))
        and (is_page or declared)
        and not (vouched and not declared)
    ):
        _refuse_page(answer)
    listed = entry.size_bytes if entry is not None else None
    if not answer.measured and listed is not None and len(answer.body) < min(listed, wish.max_bytes):
        raise Damaged(f"{wish.path} broke off after {len(answer.body)} bytes.", hint="Try again.")


def checked_range(answer: Answer, offset: int) -> bytes:
    """The bytes of a partial answer. Raises: Damaged when they are not those that were asked for.

    Source: RFC 9110, section 14.4
    """
    match = re.match(r"bytes (\d{1,19})-(\d{1,19})/", answer.headers.get("content-range", ""))
    if match is None or int(match[1]) != offset or int(match[2]) - offset + 1 != len(answer.body):
        raise Damaged(f"{shown(answer.url)} answered with another range than the one asked for.")
    return answer.body


def _nothing(_: str) -> None:
    """JSON has no NaN or Infinity, and a report must not get one."""


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _without_surrogates(value: Any) -> Any:
    """The same data with half characters replaced, which no output could encode; the parser bounds the depth."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def id_of(info: Mapping[str, Any], asked: str) -> str:
    """The repository's name as the Hub gives it: another one than asked for after a renaming. Raises: Damaged."""
    given = info.get("id", info.get("modelId", asked))
    try:
        return parse_hub_name(given).id if isinstance(given, str) and "@" not in given else _no_name()
    except TargetError:
        return _no_name()


def _no_name() -> str:
    raise Damaged(
        "The endpoint answered with a repository that has no valid name.", hint="Check HF_ENDPOINT."
    )


def commit_of(info: Mapping[str, Any], endpoint: str) -> str:
    """The commit that was resolved. Raises: Damaged."""
    sha = info.get("sha")
    if not isinstance(sha, str) or not _COMMIT.fullmatch(sha):
        raise Damaged(f"{endpoint} answered without the commit of the repository.", hint="Check HF_ENDPOINT.")
    return sha


def files_of(
    info: Mapping[str, Any], limits: Limits
) -> tuple[tuple[FileEntry, ...], bool, tuple[Unread, ...]]:
    """The file list, whether it is whole, and what was left out. Raises: Damaged."""
    siblings = info.get("siblings")
    if siblings is None:
        return (), False, ()
    if not isinstance(siblings, list):
        raise Damaged("The endpoint answered with a file list that is none.", hint="Check HF_ENDPOINT.")
    entries: dict[str, FileEntry] = {}
    odd = 0
    for item in siblings[: limits.files]:
        entry = _entry(item)
        if entry is None:
            odd += 1
        else:
            entries.setdefault(entry.path, entry)
    unread = []
    if odd:
        unread.append(
            Unread(path=".", reason="damaged", message=f"{odd} entries of the file list name no file.")
        )
    if len(siblings) > limits.files:
        unread.append(Unread(path=".", reason="too-large", message=f"Only {limits.files} files were listed."))
    return tuple(sorted(entries.values(), key=lambda entry: entry.path)), not unread, tuple(unread)


def _entry(item: Any) -> FileEntry | None:
    path = item.get("rfilename") if isinstance(item, dict) else None
    if not isinstance(path, str):
        return None
    try:
        check_path(path)
    except SourceError:
        return None
    lfs = item.get("lfs") if isinstance(item.get("lfs"), dict) else {}
    sha256, blob = lfs.get("sha256"), item.get("blobId")
    digest = None
    if isinstance(sha256, str) and re.fullmatch(r"[0-9a-f]{64}", sha256):
        digest = f"sha256:{sha256}"
    elif isinstance(blob, str) and re.fullmatch(r"[0-9a-f]{40}", blob):
        digest = f"git:{blob}"
    return FileEntry(path=path, size_bytes=_size(lfs.get("size")) or _size(item.get("size")), digest=digest)


def _size(value: Any) -> int | None:
    is_size = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
    return value if is_size else None


def check_path(path: str) -> None:
    """Raises: Damaged for a path that would lead elsewhere when put into an address."""
    odd = not path or len(path) > 4_096 or "\0" in path or (not path.isprintable() and "\ufffd" in path)
    if odd or any(part in ("", ".", "..") for part in path.split("/")):
        raise Damaged(f"{path[:120]!r} is no path of a file.")


def access_of(info: Mapping[str, Any], files: Sequence[FileEntry]) -> Access:
    """What the payload itself tells; a gate leaves open whether the weights can be had."""
    gated = info.get("gated")
    private, disabled = info.get("private"), info.get("disabled")
    known_gate: Literal[False, "auto", "manual"] | None = None
    if gated is False:
        known_gate = False
    elif gated in ("auto", "manual"):
        known_gate = gated
    downloadable: bool | None = None
    detail = ""
    if disabled is True:
        downloadable, detail = False, "The Hub has disabled this repository."
    elif known_gate is False and private is not True and telling_file(files) is not None:
        downloadable = True  # what is listed in an open repository can be had by anyone
    return Access(
        gated=known_gate,
        private=private if isinstance(private, bool) else None,
        disabled=disabled if isinstance(disabled, bool) else None,
        downloadable=downloadable,
        detail=detail,
    )


def telling_file(files: Sequence[FileEntry]) -> str | None:
    """The file whose HEAD shows whether the weights, or the data, can be had."""
    for suffix in _WEIGHTS:
        for entry in files:
            if entry.path.lower().endswith(suffix):
                return entry.path
    return None
