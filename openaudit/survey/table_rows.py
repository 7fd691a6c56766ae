"""One row of a table of models as what a source would have read: listing, metadata and card of one repository."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openaudit import scanners
from openaudit.errors import SourceError, TargetError
from openaudit.pipeline import Collected
from openaudit.sources import Limits
from openaudit.sources.headers import Headers
from openaudit.sources.hub_answers import access_of, files_of, metadata_of
from openaudit.sources.targets import parse_hub_name
from openaudit.sources.texts import cut_off, document
from openaudit.survey.columns import Columns
from openaudit.survey.rows import not_a_model
from openaudit.vocabulary import Document, Failure, FileEntry, Snapshot, Target, TargetKind, Unread

CARD = "README.md"
NOT_LOOKED_AT = "not-looked-at"
_NO_CARD_TEXTS = ("Entry not found", "Invalid username or password.")
"""What tables hold where the card was asked for and the Hub refused: an answer, no card."""
_PLAIN_NAME = re.compile(
    r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?(?:/[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?)?"
)
_ENCODED = ("cardData", "config", "safetensors", "gguf", "baseModels", "transformersInfo")
"""Columns that some tables hold as JSON texts, which Parquet has no fixed shape for."""
_LIMITS = Limits()


def collected_of(row: Mapping[str, Any], columns: Columns, endpoint: str) -> Collected | Failure:
    """What a row (by our words for columns) holds of one repository, or why it names none.

    What the table does not hold is `unread` with the reason "not-looked-at", and so never taken for absent.
    """
    name = row.get("id")
    try:
        target = _target(name)
        info = _info(row)
        files, complete, odd = files_of(info, _LIMITS)
        metadata = metadata_of(info)
    except TargetError as error:
        return not_a_model(str(name or "(no id)"), f"This is no id of a model. {error.hint}".strip())
    except SourceError as error:
        return Failure(target=_target(name), stage="read", reason=error.reason, message=error.message)
    documents, unread = _texts(row, columns, files, complete=complete, endpoint=endpoint, id_=target.id)
    snapshot = Snapshot(
        target=target,
        subject="model",
        id=target.id,
        revision=row.get("sha") if isinstance(row.get("sha"), str) else None,
        url=f"{endpoint}/{target.id}",
        resolved_at="",
        files=files,
        listing_complete=complete,
        metadata=metadata,
        documents=documents,
        unread=(*odd, *unread),
        access=access_of(info, files),
    )
    return Collected(snapshot=snapshot, headers=_headers(snapshot))


def _target(name: Any) -> Target:
    """Raises: TargetError."""
    if (
        isinstance(name, str)
        and len(name) < 200
        and _PLAIN_NAME.fullmatch(name)
        and ".." not in name
        and "--" not in name
    ):
        return Target(kind=TargetKind.MODEL, id=name, text=name)
    if not isinstance(name, str):
        raise TargetError("The row has no id.")
    return parse_hub_name(name)


def _info(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as the payload of the Hub's API that it was made from."""
    info = {key: value for key, value in row.items() if value is not None and key != "card"}
    for key in _ENCODED:
        if isinstance(info.get(key), str):
            info[key] = _decoded(info[key])
    if isinstance(info.get("gated"), str):
        text = info["gated"].lower()
        info["gated"] = False if text in ("false", "") else text
    siblings = info.get("siblings")
    if isinstance(siblings, list) and siblings and isinstance(siblings[0], str):
        info["siblings"] = [{"rfilename": path} for path in siblings]
    for key in ("createdAt", "lastModified"):
        if key in info:
            info[key] = _day(info[key])
    return info


def _decoded(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "{[" else text
    except (ValueError, RecursionError):
        return None


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value if isinstance(value, str) else ""


def _texts(
    row: Mapping[str, Any],
    columns: Columns,
    files: tuple[FileEntry, ...],
    *,
    complete: bool,
    endpoint: str,
    id_: str,
) -> tuple[tuple[Document, ...], tuple[Unread, ...]]:
    """The card, and every text that an audit would have read and that the table does not hold."""
    unread: list[Unread] = []
    documents: tuple[Document, ...] = ()
    card = row.get("card")
    if isinstance(card, str) and card not in _NO_CARD_TEXTS:
        read = document(
            CARD,
            card.encode("utf-8", "replace"),
            max_bytes=scanners.CARD_BYTES,
            url=f"{endpoint}/{id_}/blob/main/{CARD}",
        )
        documents = (read,)
        rest = cut_off(read)
        unread += [rest] if rest else []
    held = {each.path for each in documents}
    wanted = [wish.path for wish in scanners.wanted(files)] if complete else []
    if not complete and not columns.holds("card"):
        wanted = [CARD]
    for path in wanted:
        if path not in held:
            unread.append(Unread(path=path, reason=NOT_LOOKED_AT, message=f"The table does not hold {path}."))
    return documents, tuple(unread)


def _headers(snapshot: Snapshot) -> Headers:
    """No header was read; those that an audit would have read are told."""
    if not snapshot.files:
        return Headers()
    return Headers(
        unread=tuple(
            Unread(path=path, reason=NOT_LOOKED_AT, message=f"The table does not hold the header of {path}.")
            for path, _, _, _ in scanners.headers_of(snapshot)
        )
    )
