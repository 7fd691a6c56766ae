"""Code repositories, wherever they lie: GitHub by its API, any other host by git, a folder as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from openaudit.artifacts.reader import ByteReader
from openaudit.errors import NotFound, RateLimited, SourceError, Unreachable
from openaudit.sources.cache import Cache
from openaudit.sources.checkout import CheckoutSource, is_checkout
from openaudit.sources.git import GitSource, has_git
from openaudit.sources.interface import Listing, Progress, Source, listing_of
from openaudit.sources.limits import Limits
from openaudit.vocabulary import Snapshot, Target, Unread, Wanted

_GITHUB = "github.com/"


class CodeHosts:
    """Reads each repository where it lies. Where GitHub's own API cannot be asked, git is."""

    def __init__(self, *, limits: Limits, cache: Cache, offline: bool) -> None:
        self._limits = limits
        self._cache = cache
        self._offline = offline
        self._chosen: dict[Target, Source] = {}

    def open(self, target: Target) -> Listing:
        """The files of the repository. Raises: SourceError, TargetError."""
        if is_checkout(target):
            return self._by(CheckoutSource(self._limits), target)
        if self._offline:
            return self._by(_Kept(self._cache), target)
        if not target.id.lower().startswith(_GITHUB):
            return self._by(GitSource(limits=self._limits, cache=self._cache), target)
        # imported here: the HTTP library takes longer to load than choosing a source may
        from openaudit.sources.github import GitHubSource

        github = GitHubSource(limits=self._limits, cache=self._cache)
        try:
            return self._by(github, target)
        except (Unreachable, RateLimited):
            if not github.is_public or not has_git():
                raise
            return self._by(GitSource(limits=self._limits, cache=self._cache), target)

    def _by(self, source: Source, target: Target) -> Listing:
        listing = source.open(target)
        self._chosen[target] = source
        return listing

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The listing with the wanted texts, from where it was opened."""
        return self._chosen[listing.target].read(listing, wanted, progress)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts, from where it was opened."""
        return self._chosen[snapshot.target].read_more(snapshot, wanted)

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Byte ranges of one file. Raises: SourceError."""
        return self._chosen[snapshot.target].reader(snapshot, path)


class _Kept:
    """Repositories that earlier audits read; opens no socket."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._snapshots: dict[Target, Snapshot] = {}

    def open(self, target: Target) -> Listing:
        kept = next((k for place in _places(target) if (k := self._cache.latest(place, target))), None)
        if kept is None:
            raise Unreachable(
                f"{target.text or target.id} is not in the cache, and openaudit is offline.",
                hint="Audit it once with a network.",
            )
        self._snapshots[target] = kept[0]
        return replace(listing_of(kept[0]), unread=())

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        progress(f"reading {listing.id} from the cache")
        kept = self._snapshots[listing.target]
        documents, unread = [], []
        for wish in dict.fromkeys(wanted):
            read = kept.document(wish.path) if wish.origin is None else None
            if read is not None:
                documents.append(read)
            else:
                error: SourceError = Unreachable(
                    f"{wish.path} is not in the cache, and openaudit is offline."
                )
                if wish.origin is None and listing.lacks(wish.path):
                    error = NotFound(f"{listing.id} has no file {wish.path}.")
                unread.append(Unread(path=wish.path, reason=error.reason, message=str(error)))
        return listing.snapshot(documents, unread)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        more = self.read(listing_of(snapshot), wanted, lambda text: None)
        return replace(more, documents=(*snapshot.documents, *more.documents))

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        raise NotFound(f"{path} of {snapshot.id} is not on this machine.")


def _places(target: Target) -> tuple[str, ...]:
    """What the cache may know a repository by: the API it was read through, or git."""
    from openaudit.sources.git import GIT

    if not target.id.lower().startswith(_GITHUB):
        return (GIT,)
    import os

    return (os.environ.get("GITHUB_API_URL", "").strip().rstrip("/") or "https://api.github.com", GIT)
