"""The localhost Hub as tests use it: two real HTTP servers on loopback, started and stopped by `with`."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .access import Standing, User
from .answers import Answer, Ask
from .code import CodeRepository
from .content import Given, content_of
from .faultbook import On
from .faults import Fault
from .hub import Hub
from .limits import Bucket, Limit
from .listener import Listener
from .record import Record, Request, rounds
from .repositories import Access, Kind, Repository, Revision, entries_of

FULL_TOKEN = "hf_full_access"
PLAIN_TOKEN = "hf_no_special_access"


class HubServer:
    """A Hugging Face Hub and a GitHub API on loopback.

    >>> with HubServer(Path("folder")) as hub:          # doctest: +SKIP
    ...     hub.add_model("org/name", {"README.md": "..."}, access=Access(gated="manual"))
    ...     hub.fault("org/name", Slow(0.1), on="files")
    ...     HfApi(endpoint=hub.url).model_info("org/name", token=hub.token)
    ...     assert hub.rounds() == 1

    `url` is for `HF_ENDPOINT`, `github_url` for `GITHUB_API_URL`; `storage_url` is the other host, with large files.
    `token` opens everything; `token_without_access` is a valid account that no private or gated repository lets in;
    any other token is refused as invalid.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int = 0,
        delay_seconds: float = 0.0,
        token: str = FULL_TOKEN,
    ) -> None:
        """Bind the sockets and read the folder. Raises ValueError for a `repo.json` that cannot be meant."""
        self.delay_seconds = delay_seconds
        self.token = token
        self.token_without_access = PLAIN_TOKEN
        self._record = Record()
        self._threads: list[threading.Thread] = []
        self._hub_listener = Listener("hub", port, self._record, self._answer, self._standing)
        self._storage_listener = Listener("storage", 0, self._record, self._from_storage, self._standing)
        # Another host name as well as another port, so that no client takes the two for one origin.
        self.hub = Hub(
            url=f"http://127.0.0.1:{self._hub_listener.server_port}",
            storage_url=f"http://localhost:{self._storage_listener.server_port}",
        )
        self.hub.users = {token: User(name="tester"), PLAIN_TOKEN: User(name="visitor", may_read=frozenset())}
        try:
            if folder is not None:
                self.hub.load(folder)
        except BaseException:
            self._unbind()
            raise

    @property
    def url(self) -> str:
        """The Hub's address, for `HF_ENDPOINT`."""
        return self.hub.url

    @property
    def github_url(self) -> str:
        """The GitHub API's address, for `GITHUB_API_URL`."""
        return self.hub.github_url

    @property
    def storage_url(self) -> str:
        """The address of the other host."""
        return self.hub.storage_url

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that send a child process here."""
        return {"HF_ENDPOINT": self.url, "GITHUB_API_URL": self.github_url}

    # -- what is there

    def add_model(
        self,
        repo_id: str,
        files: Mapping[str, Given],
        *,
        revisions: Mapping[str, Mapping[str, Given]] | None = None,
        tags: Sequence[str] = (),
        access: Access = Access(),  # noqa: B008 - frozen
        api: Mapping[str, Any] | None = None,
    ) -> None:
        """Add or replace a model with exactly these files: text, bytes, a path on disk, or a `Content`.

        `revisions` are further branches, those also named in `tags` are tags; `api` overrides properties of the
        payload. Raises ValueError for a path that no repository can hold.
        """
        self._add("models", repo_id, files, revisions or {}, tags, access, api or {})

    def add_dataset(
        self,
        repo_id: str,
        files: Mapping[str, Given],
        *,
        revisions: Mapping[str, Mapping[str, Given]] | None = None,
        tags: Sequence[str] = (),
        access: Access = Access(),  # noqa: B008 - frozen
        api: Mapping[str, Any] | None = None,
    ) -> None:
        """The same for a dataset."""
        self._add("datasets", repo_id, files, revisions or {}, tags, access, api or {})

    def _add(
        self,
        kind: Kind,
        repo_id: str,
        files: Mapping[str, Given],
        revisions: Mapping[str, Mapping[str, Given]],
        tags: Sequence[str],
        access: Access,
        api: Mapping[str, Any],
    ) -> None:
        made = {"main": Revision(name="main", entries=entries_of(files), known_sha=api.get("sha"))}
        for name, its_files in revisions.items():
            made[name] = Revision(name=name, entries=entries_of(its_files), is_tag=name in tags)
        self.hub.catalog.add(Repository(kind=kind, id=repo_id, revisions=made, access=access, api=api))

    def add_code(
        self,
        name: str,
        files: Mapping[str, Given],
        *,
        also_linked_as: Sequence[str] = (),
        github: Mapping[str, Any] | None = None,
    ) -> None:
        """Add or replace a GitHub repository `owner/repo`; `github` overrides keys of its payload."""
        contents = {path: content_of(given) for path, given in files.items()}
        self.hub.code.add(
            CodeRepository(
                name=name,
                sizes={path: content.size_bytes for path, content in contents.items()},
                contents=contents,
                also_linked_as=tuple(also_linked_as),
                github=github or {},
            )
        )

    def add_token(self, token: str, *, may_read: Sequence[str] = ()) -> None:
        """Issue a token that opens these private or gated repositories (`org/name`, `datasets/org/name`)."""
        self.hub.users[token] = User(name="guest", may_read=frozenset(may_read))

    def set_access(self, target: str, access: Access) -> None:
        """Change who may have what. Raises KeyError for an unknown target."""
        self.hub.catalog.set_access(target, access)

    # -- what goes wrong

    def fault(
        self,
        target: str,
        fault: Fault,
        *,
        on: On = "everything",
        path: str | None = None,
        times: int | None = None,
    ) -> None:
        """Put a fault in force for `org/name`, `datasets/org/name`, `github/owner/repo` or `EVERYWHERE`.

        `on` limits it to a part, `path` to one file, `times` to so many answers.
        """
        self.hub.faults.enter(target, fault, on=on, path=path, times=times)

    def heal(self, target: str) -> None:
        """End all faults that were put in force for this target."""
        self.hub.faults.lift(target)

    def limit(self, bucket: Bucket, quota: int, window_seconds: float = 300.0) -> None:
        """Enforce a quota per token and fixed window; a request too many is answered with 429 (GitHub: 403)."""
        self.hub.limits.set(bucket, Limit(quota=quota, window_seconds=window_seconds))

    # -- what was asked

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request since the start, or since `forget`, to both hosts."""
        return self._record.all()

    def rounds(self) -> int:
        """The longest chain of requests one strictly after another.

        Set `delay_seconds` to 0.1 or so: without it answers are so short that concurrent requests hardly overlap.
        """
        return rounds(self._record.all())

    def forget(self) -> None:
        """Start recording anew."""
        self._record.forget()

    # -- coming and going

    def start(self) -> None:
        """Begin to answer."""
        for listener in (self._hub_listener, self._storage_listener):
            thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop at once: hanging and endless answers end, connections close, ports are free."""
        if self._threads:
            for listener in (self._hub_listener, self._storage_listener):
                listener.shutdown()
        self._unbind()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _unbind(self) -> None:
        for listener in (self._hub_listener, self._storage_listener):
            listener.hang_up()
            listener.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _standing(self, token: str | None) -> Standing:
        return self.hub.standing(token)

    def _answer(self, ask: Ask) -> Answer:
        return self._delayed(self.hub.answer(ask))

    def _from_storage(self, ask: Ask) -> Answer:
        return self._delayed(self.hub.storage_answer(ask))

    def _delayed(self, answer: Answer) -> Answer:
        if not self.delay_seconds:
            return answer
        delay = answer.delivery.delay_seconds + self.delay_seconds
        return replace(answer, delivery=replace(answer.delivery, delay_seconds=delay))
