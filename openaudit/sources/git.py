"""Any git host as a source of code: a clone of one commit without its files, of which a few are then fetched.

git runs on what a stranger offers: without its hooks, filters, prompts, settings or credentials, over https only, and
killed when it takes too long or too much room. Nothing is checked out.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from openaudit.artifacts.reader import ByteReader
from openaudit.errors import (
    AccessDenied,
    Damaged,
    NotFound,
    OverBudget,
    SourceError,
    TimedOut,
    TooLarge,
    Unreachable,
)
from openaudit.sources.cache import Cache
from openaudit.sources.hub_answers import check_path
from openaudit.sources.interface import Listing, Progress, listing_of, resolved_now
from openaudit.sources.limits import MIB, Limits
from openaudit.sources.texts import cut_off, document
from openaudit.vocabulary import Document, FileEntry, Snapshot, Target, Unread, Wanted

GIT = "git"
"""What the cache keeps repositories under that were read by git."""

_KNOWN = frozenset({"github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "gitee.com", "git.sr.ht"})
_ID = re.compile(r"(?P<host>[a-z0-9.-]{1,253}(?::\d{1,5})?)/(?P<path>[\w.~-]{1,100}(?:/[\w.~-]{1,100}){0,8})")
_REVISION = re.compile(r"[\w][\w./+-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_KEPT_VARIABLES = (
    *("PATH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy"),
    *(
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "GIT_SSL_CAINFO",
        "CURL_CA_BUNDLE",
        "SYSTEMROOT",
        "TMPDIR",
    ),
)
_SETTINGS = (
    *(
        "core.hooksPath=/dev/null",
        "core.symlinks=false",
        "core.fsmonitor=false",
        "core.askPass=",
        "gc.auto=0",
    ),
    *(
        "credential.helper=",
        "maintenance.auto=false",
        "fetch.recurseSubmodules=false",
        "submodule.recurse=false",
    ),
    *(
        "transfer.bundleURI=false",
        "protocol.version=2",
        "core.attributesFile=/dev/null",
        "core.protectHFS=true",
    ),
    *(
        "http.lowSpeedLimit=100",
        "http.lowSpeedTime=10",
        "core.bigFileThreshold=4m",
        "advice.detachedHead=false",
    ),
)
_ROOM_BYTES = 200 * MIB
"""What a clone may take on the disk: the trees of the largest repositories need some tens of megabytes."""
_ERROR_BYTES = 16 * 1024
_POLL_SECONDS = 0.1


def has_git() -> bool:
    """Whether git is on this machine."""
    return shutil.which("git") is not None


class GitSource:
    """Reads repositories of any git host. `protocols` are those that git may use; `address` overrides where the
    repository of a target lies."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        cache: Cache | None = None,
        protocols: str = "https",
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._cache = cache
        self._protocols = protocols
        self._addresses = addresses or {}
        self._clones: dict[str, _Room] = {}

    def open(self, target: Target) -> Listing:
        """The files at the head of the default branch, or at the target's branch or tag. Raises: SourceError."""
        host, path = _parts_of(target)
        address = self._addresses.get(target.id, f"https://{host}/{path}")
        if target.id not in self._addresses and host not in _KNOWN:
            _refuse_private(host)
        room = _Room()
        run = _Git(
            room.folder, self._limits, self._protocols, follow="initial" if host in _KNOWN else "false"
        )
        run.clone(address, target)
        commit = run.commit()
        files, complete, unread = run.files() if commit is not None else ((), True, ())
        listing = Listing(
            target=target,
            subject="code",
            id=f"{host}/{path}",
            revision=commit,
            url=f"https://{host}/{path}",
            resolved_at=resolved_now(),
            files=files,
            listing_complete=complete,
            unread=unread,
        )
        self._clones[listing.id] = room
        return listing

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The wanted texts: one fetch for all, then each from the clone."""
        progress(f"fetching {len(wanted)} files of {listing.id}")
        known = self._cache.documents(GIT, listing, with_token=False) if self._cache else {}
        snapshot = self._texts(listing, wanted, known)
        if self._cache:
            self._cache.keep(GIT, snapshot, with_token=False)
        return snapshot

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts."""
        read = {d.path for d in snapshot.documents}
        more = self._texts(listing_of(snapshot), [w for w in wanted if w.path not in read or w.origin], {})
        return listing_of(more).snapshot((*snapshot.documents, *more.documents), ())

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Raises: NotFound: an audit reads the texts of code, not ranges of its files."""
        raise NotFound(f"{path} of {snapshot.id} is not read in parts.")

    def _texts(self, listing: Listing, wanted: Sequence[Wanted], known: Mapping[str, Document]) -> Snapshot:
        wishes = list(dict.fromkeys(wanted))
        blobs = {
            entry.path: entry.digest.removeprefix("git:")
            for entry in listing.files
            if entry.digest is not None and entry.digest.startswith("git:")
        }
        needed = [w for w in wishes if w.origin is None and w.path not in known and w.path in blobs]
        needed = needed[: self._limits.requests]
        data = self._blobs(listing, [(blobs[w.path], w.max_bytes) for w in needed])
        documents: list[Document] = []
        unread: list[Unread] = []
        for wish in wishes:
            got: bytes | Document | SourceError
            if wish.origin is None and wish.path in known:
                got = known[wish.path]
            elif wish in needed:
                got = data[blobs[wish.path]]
            elif wish.origin is None and listing.lacks(wish.path):
                got = NotFound(f"{listing.id} has no file {wish.path}.")
            else:
                got = OverBudget(f"{wish.path} was not fetched.")
            if isinstance(got, SourceError):
                unread.append(Unread(path=wish.path, reason=got.reason, message=str(got)))
                continue
            if isinstance(got, bytes):
                url = f"{listing.url}/blob/{listing.revision}/{quote(wish.path)}"
                got = document(wish.path, got, max_bytes=wish.max_bytes, url=url)
            documents.append(got)
            if (rest := cut_off(got)) is not None:
                unread.append(rest)
        return listing.snapshot(documents, unread)

    def _blobs(self, listing: Listing, wanted: Sequence[tuple[str, int]]) -> dict[str, bytes | SourceError]:
        """The bytes of blobs, each one byte longer than its ceiling at most."""
        room = self._clones.get(listing.id)
        if not wanted:
            return {}
        if room is None:
            return {blob: Unreachable(f"The clone of {listing.id} is gone.") for blob, _ in wanted}
        host, _ = _parts_of(listing.target)
        run = _Git(
            room.folder, self._limits, self._protocols, follow="initial" if host in _KNOWN else "false"
        )
        try:
            run.fetch([blob for blob, _ in wanted])
        except SourceError as error:
            return {blob: error for blob, _ in wanted}
        found: dict[str, bytes | SourceError] = {}
        for blob, max_bytes in wanted:
            try:
                found[blob] = run.blob(blob, max_bytes)
            except SourceError as error:
                found[blob] = error
        return found


def _parts_of(target: Target) -> tuple[str, str]:
    """Host and path. Raises: NotFound for what git could take for something else."""
    match = _ID.fullmatch(target.id[:1].lower() + target.id[1:])
    bad = match is None or any(part.startswith((".", "-")) for part in match["path"].split("/"))
    if match is None or bad or (target.revision is not None and not _REVISION.fullmatch(target.revision)):
        raise NotFound(f"{target.text or target.id} is no repository that git can be asked for.")
    return match["host"], match["path"]


def _refuse_private(host: str) -> None:
    """Raises: AccessDenied for a host that a card names and that is no public one; behind a proxy, that decides."""
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"Cannot find {host} ({error}).", hint="Check the link and the connection."
        ) from error
    if not all(ipaddress.ip_address(address[4][0]).is_global for address in found):
        raise AccessDenied(f"{host} is no public host, and a link alone is no reason to ask it.")


class _Room:
    """A folder for one clone, which goes when nobody needs it any longer."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="openaudit-git-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


class _Git:
    """Runs of git in one folder, each with its own ceiling of time; all together with one of room."""

    def __init__(self, folder: Path, limits: Limits, protocols: str, follow: str) -> None:
        self._folder = folder
        self._clone = folder / "clone"
        self._limits = limits
        self._protocols = protocols
        self._follow = follow

    def clone(self, address: str, target: Target) -> None:
        """One commit without the contents of its files. Raises: SourceError."""
        branch = ["--branch", target.revision] if target.revision else []
        words = ["clone", "--quiet", "--depth=1", "--filter=blob:none", "--no-checkout", "--no-tags"]
        words += ["--single-branch", "--no-recurse-submodules", "--template=", *branch]
        result = self._run([*words, "--", address, str(self._clone)], network=True)
        if result.code != 0:
            raise _refused(target, result.errors)

    def commit(self) -> str | None:
        """The commit that was cloned; None for an empty repository."""
        result = self._run(["-C", str(self._clone), "rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        commit = result.out.decode("ascii", "replace").strip()
        return commit if result.code == 0 and _COMMIT.fullmatch(commit) else None

    def files(self) -> tuple[tuple[FileEntry, ...], bool, tuple[Unread, ...]]:
        """The file list, whether it is whole, and what was left out. Sizes are not asked for: git would fetch every
        file to tell them. Raises: SourceError."""
        result = self._run(["-C", str(self._clone), "ls-tree", "-r", "-z", "--full-tree", "HEAD"])
        if result.code != 0:
            raise Damaged("The file list of the clone cannot be read.")
        entries: list[FileEntry] = []
        odd = 0
        rows = result.out.split(b"\0")
        cut = result.is_cut or len(rows) - 1 > self._limits.files
        for row in rows[:-1][: self._limits.files]:
            entry = _entry(row)
            if isinstance(entry, FileEntry):
                entries.append(entry)
            else:
                odd += entry
        unread = []
        if odd:
            unread.append(
                Unread(path=".", reason="damaged", message=f"{odd} entries of the file list name no file.")
            )
        if cut:
            unread.append(
                Unread(path=".", reason="too-large", message=f"Only {len(entries)} files were listed.")
            )
        return tuple(sorted(entries, key=lambda e: e.path)), not unread, tuple(unread)

    def fetch(self, blobs: Sequence[str]) -> None:
        """The contents of some files, at once. Raises: SourceError."""
        words = [
            "-C",
            str(self._clone),
            "-c",
            "fetch.negotiationAlgorithm=noop",
            "fetch",
            "origin",
            "--quiet",
        ]
        words += [
            "--no-tags",
            "--no-write-fetch-head",
            "--recurse-submodules=no",
            "--filter=blob:none",
            "--stdin",
        ]
        result = self._run(
            words, network=True, send="".join(f"{blob}\n" for blob in dict.fromkeys(blobs)).encode()
        )
        if result.code != 0:
            raise Unreachable(
                f"git could not fetch the files: {_shown(result.errors)}.", hint="Try again later."
            )

    def blob(self, blob: str, max_bytes: int) -> bytes:
        """The bytes of one file, one more than `max_bytes` at most. Raises: SourceError."""
        result = self._run(["-C", str(self._clone), "cat-file", "blob", blob], most=max_bytes + 1)
        if result.code != 0 and not result.is_cut:
            raise Damaged("The clone does not hold the file that it lists.")
        return result.out

    def _run(
        self, words: Sequence[str], *, network: bool = False, send: bytes = b"", most: int | None = None
    ) -> _Result:
        """One run. Raises: TimedOut, TooLarge, Unreachable (no git)."""
        settings = [
            w for setting in (*_SETTINGS, f"http.followRedirects={self._follow}") for w in ("-c", setting)
        ]
        environment = {name: value for name in _KEPT_VARIABLES if (value := os.environ.get(name))}
        environment |= {
            "HOME": str(self._folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_SSH_COMMAND": "false",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": self._protocols if network else "none",
            "LC_ALL": "C",
        }
        try:
            process = subprocess.Popen(
                ["git", *settings, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=self._folder,
                start_new_session=True,
            )
        except OSError as error:
            raise Unreachable(
                "git is not on this machine.", hint="Install git to read this repository."
            ) from error
        return _Watch(process, self._folder, self._limits).result(
            send, self._limits.info_bytes if most is None else most
        )


class _Result:
    """What one run of git left: its exit status, and its output and errors up to their ceilings."""

    __slots__ = ("code", "errors", "is_cut", "out")

    def __init__(self, code: int, out: bytes, errors: bytes, *, is_cut: bool) -> None:
        self.code = code
        self.out = out
        self.errors = errors
        self.is_cut = is_cut


class _Watch:
    """A process under ceilings of time, output and room, killed with all its children at the first that is passed."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, limits: Limits) -> None:
        self._process = process
        self._folder = folder
        self._seconds = limits.request_seconds
        self._deadline = time.monotonic() + limits.request_seconds
        self._is_full = threading.Event()

    def result(self, send: bytes, most: int) -> _Result:
        """Raises: TimedOut, TooLarge."""
        out, errors = bytearray(), bytearray()
        threads = [
            threading.Thread(target=self._drain, args=(self._process.stdout, out, most), daemon=True),
            threading.Thread(
                target=self._drain, args=(self._process.stderr, errors, _ERROR_BYTES), daemon=True
            ),
        ]
        for thread in threads:
            thread.start()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(send)
            self._process.stdin.close()
        try:
            self._wait()
        finally:
            self._kill()
            for thread in threads:
                thread.join(1.0)
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()
        return _Result(self._process.returncode, bytes(out), bytes(errors), is_cut=self._is_full.is_set())

    def _wait(self) -> None:
        pause = 0.005
        checked = 0.0
        while self._process.poll() is None and not self._is_full.is_set():
            if time.monotonic() > self._deadline:
                raise TimedOut(f"git was not done within {self._seconds:g} seconds.", hint="Try again later.")
            if time.monotonic() - checked > _POLL_SECONDS:
                checked = time.monotonic()
                if _size_bytes(self._folder) > _ROOM_BYTES:
                    raise TooLarge(
                        f"The repository takes more than the {_ROOM_BYTES // MIB} MiB that are read."
                    )
            time.sleep(pause)
            pause = min(pause * 1.5, _POLL_SECONDS)

    def _drain(self, pipe: object, into: bytearray, most: int) -> None:
        """Read up to the ceiling; of the output, a longer one ends the run."""
        read = getattr(pipe, "read1")  # noqa: B009 - an io.BufferedReader, which Popen does not say
        with suppress(OSError, ValueError):
            while chunk := read(65_536):
                into += chunk[: max(0, most - len(into))]
                if pipe is self._process.stdout and len(into) >= most:
                    self._is_full.set()
                    return

    def _kill(self) -> None:
        """End git and the helpers that it started, which share its session."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _size_bytes(folder: Path) -> int:
    return sum(_sizes(str(folder)))


def _sizes(folder: str) -> Iterator[int]:
    with suppress(OSError), os.scandir(folder) as items:
        for item in items:
            if item.is_dir(follow_symlinks=False):
                yield from _sizes(item.path)
            else:
                with suppress(OSError):
                    yield item.stat(follow_symlinks=False).st_size


def _entry(row: bytes) -> FileEntry | int:
    """A line of `git ls-tree -z`: the file, 0 for a link or submodule, 1 for what is no path of a file."""
    head, _, name = row.partition(b"\t")
    mode, kind, blob = (*head.decode("ascii", "replace").split(), "", "", "")[:3]
    if kind != "blob" or mode == "120000":
        return 0
    path = name.decode("utf-8", "backslashreplace")
    try:
        check_path(path)
    except SourceError:
        return 1
    return FileEntry(path=path, digest=f"git:{blob}") if _COMMIT.fullmatch(blob) else 1


def _refused(target: Target, errors: bytes) -> SourceError:
    """The failure that git's words tell of."""
    words = errors.decode("utf-8", "replace").lower()
    name = target.id
    if "remote branch" in words and "not found" in words:
        return NotFound(f"{name} has no revision {target.revision}.")
    if "not found" in words or "does not exist" in words or "does not appear to be a git repository" in words:
        return NotFound(f"There is no repository {name}, or it is private.", hint="Check the link.")
    if (
        "could not read username" in words
        or "authentication failed" in words
        or "403" in words
        or "401" in words
    ):
        return NotFound(f"There is no repository {name}, or it is private.", hint="Check the link.")
    return Unreachable(
        f"git could not read {name}: {_shown(errors)}.", hint="Check the connection and the proxy."
    )


def _shown(errors: bytes) -> str:
    """The last words of git's complaint, as plain text, without addresses that may hold secrets."""
    text = re.sub(r"\S+://\S+", "the address", errors.decode("utf-8", "replace"))
    rows = ["".join(c if c.isprintable() else " " for c in row).strip() for row in text.splitlines()]
    return next((row for row in reversed(rows) if row), "no reason was given")[:160].rstrip(".")
