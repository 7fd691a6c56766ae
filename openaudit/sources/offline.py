"""The Hub without a network: what earlier audits read, or what the Hub's own cache on this machine holds."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from openaudit.artifacts.reader import ByteReader
from openaudit.errors import NotFound, SourceError, Unreachable
from openaudit.sources.cache import Cache
from openaudit.sources.folder import FolderSource
from openaudit.sources.interface import Listing, Progress, listing_of, resolved_now
from openaudit.sources.limits import Limits
from openaudit.sources.targets import hub_endpoint
from openaudit.sources.texts import place
from openaudit.vocabulary import Document, Snapshot, Target, TargetKind, Unread, Wanted

_COMMIT = re.compile(r"[0-9a-f]{40}")


def hub_cache_folder() -> Path:
    """Where the Hub's own tools keep repositories on this machine.

    Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
    """
    environment = os.environ
    home = environment.get("HF_HOME") or os.path.join(
        environment.get("XDG_CACHE_HOME") or "~/.cache", "huggingface"
    )
    folder = (
        environment.get("HF_HUB_CACHE")
        or environment.get("HUGGINGFACE_HUB_CACHE")
        or os.path.join(home, "hub")
    )
    return Path(os.path.expandvars(os.path.expanduser(folder)))


class OfflineHubSource:
    """Reads models and datasets of the Hub from the caches of this machine; opens no socket."""

    def __init__(
        self, *, limits: Limits | None = None, cache: Cache | None = None, endpoint: str | None = None
    ) -> None:
        self._cache = cache or Cache(limits=limits)
        self._endpoint = (endpoint or hub_endpoint()).rstrip("/")
        self._folders = FolderSource(limits)

    def open(self, target: Target) -> Listing:
        """The newest copy of what `target` names. Raises: Unreachable when there is none."""
        kept = self._cache.latest(self._endpoint, target)
        copy = _newest_copy(hub_cache_folder(), target)
        if kept is not None and (copy is None or copy[0].name == kept[0].revision or copy[1] <= kept[1]):
            return _as_resolved(replace(listing_of(kept[0]), unread=()))
        if copy is None:
            raise Unreachable(
                f"{target.text or target.id} is not in the cache, and openaudit is offline.",
                hint="Audit it once with a network, unset HF_HUB_OFFLINE, or name a folder or a bundle.",
            )
        listing = self._folders.open(_folder_target(copy[0]))
        return replace(
            listing,
            target=target,
            url=f"{self._endpoint}/{'datasets/' if target.kind is TargetKind.DATASET else ''}{target.id}",
        )

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The wanted texts as far as they are in the caches."""
        progress(f"reading {listing.id} from the cache")
        known = self._known(listing)
        wishes = [wish for wish in dict.fromkeys(wanted) if (wish.path, wish.origin) not in known]
        on_disk = self._on_disk(listing, [wish for wish in wishes if wish.origin is None])
        found = (
            {**known, **{(read.path, read.origin): read for read in on_disk.documents}} if on_disk else known
        )
        reasons = {item.path: item for item in on_disk.unread} if on_disk else {}
        documents = [found[wish.path, wish.origin] for wish in wanted if (wish.path, wish.origin) in found]
        unread = [
            reasons.get(place(wish.path, wish.origin)) or _missing(listing, wish)
            for wish in wishes
            if (wish.path, wish.origin) not in found
        ]
        return listing.snapshot(documents, unread)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts from the caches."""
        more = self.read(listing_of(snapshot), wanted, _silent)
        return replace(snapshot, documents=(*snapshot.documents, *more.documents), unread=more.unread)

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Ranges of a file of the Hub's cache. Raises: NotFound for files that are not on this machine."""
        folder = self._folder(listing_of(snapshot))
        if folder is None:
            raise NotFound(
                f"{path} of {snapshot.id} is not on this machine.", hint="Audit it with a network."
            )
        local = self._folders.open(_folder_target(folder))
        return self._folders.reader(local.snapshot((), ()), path)

    def _known(self, listing: Listing) -> dict[tuple[str, str | None], Document]:
        target = replace(listing.target, revision=listing.revision)
        kept = self._cache.latest(self._endpoint, target)
        return {(read.path, read.origin): read for read in kept[0].documents} if kept is not None else {}

    def _on_disk(self, listing: Listing, wanted: Sequence[Wanted]) -> Snapshot | None:
        """What the Hub's own cache holds of the wanted texts."""
        folder = self._folder(listing)
        if folder is None:
            return None
        local = replace(self._folders.open(_folder_target(folder)), unread=())
        return self._folders.read(local, wanted, _silent)

    def _folder(self, listing: Listing) -> Path | None:
        kind = TargetKind.DATASET if listing.subject == "dataset" else TargetKind.MODEL
        found = _newest_copy(hub_cache_folder(), Target(kind=kind, id=listing.id, revision=listing.revision))
        return found[0] if found is not None else None


def _newest_copy(cache: Path, target: Target) -> tuple[Path, float] | None:
    """The folder of the revision in the Hub's cache, and when its branch was last looked up.

    Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
    """
    kind = "datasets" if target.kind is TargetKind.DATASET else "models"
    repository = cache / f"{kind}--{target.id.replace('/', '--')}"
    revision = target.revision or "main"
    ref = repository / "refs" / revision
    try:
        commit, when = ref.read_text("ascii")[:100].strip(), ref.stat().st_mtime
    except (OSError, ValueError):
        commit, when = revision, 0.0
    folder = repository / "snapshots" / commit
    if not _COMMIT.fullmatch(commit) or not folder.is_dir():
        return None
    return folder, when


def _as_resolved(listing: Listing) -> Listing:
    """The listing with the moment it was resolved by an earlier audit, unless the environment fixes another."""
    if not os.environ.get("SOURCE_DATE_EPOCH"):
        return listing
    return replace(listing, resolved_at=resolved_now())


def _folder_target(folder: Path) -> Target:
    return Target(kind=TargetKind.FOLDER, id=str(folder), text=str(folder))


def _missing(listing: Listing, wish: Wanted) -> Unread:
    path = place(wish.path, wish.origin)
    error: SourceError = Unreachable(f"{path} is not in the cache, and openaudit is offline.")
    if wish.origin is None and listing.lacks(wish.path):
        error = NotFound(f"{listing.id} has no file {wish.path}.")
    return Unread(path=path, reason=error.reason, message=str(error))


def _silent(_: str) -> None:
    """For reads that nobody watches."""
