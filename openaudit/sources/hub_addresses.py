"""Where things lie on a Hub: the addresses of one repository at one revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from openaudit.errors import Damaged, TargetError
from openaudit.sources.door import origin_of, shown
from openaudit.sources.targets import parse_hub_name
from openaudit.vocabulary import TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One repository of one endpoint at one revision (None: its default branch)."""

    endpoint: str
    kind: TargetKind
    id: str
    revision: str | None

    @property
    def type(self) -> Literal["model", "dataset"]:
        """What the Hub calls this kind of repository."""
        return "dataset" if self.kind is TargetKind.DATASET else "model"

    @property
    def name(self) -> str:
        """The repository as the user would write it."""
        return f"datasets/{self.id}" if self.kind is TargetKind.DATASET else self.id

    @property
    def host(self) -> str:
        """The endpoint, fit for a message or a report: without a user name or password."""
        return shown(self.endpoint).rstrip("/")

    @property
    def page(self) -> str:
        """The repository's page, for people."""
        return f"{self.host}/{self.name}"

    @property
    def api(self) -> str:
        """The repository's description, for programs."""
        revision = "" if self.revision is None else f"/revision/{quote(self.revision, safe='')}"
        return f"{self.endpoint}/api/{self.type}s/{self.id}{revision}"

    def blob(self, path: str) -> str:
        """The page that shows one file, for people."""
        return f"{self.page}/blob/{quote(self.revision or 'main', safe='')}/{quote(path)}"


def checked_endpoint(endpoint: str) -> str:
    """The endpoint without a slash at its end. Raises: TargetError when it is no web address."""
    try:
        scheme, host, _ = origin_of(endpoint)
    except Damaged:
        scheme = host = ""
    if scheme not in ("http", "https") or not host:
        raise TargetError("HF_ENDPOINT is no web address.", hint="Write https://host, or unset it.")
    return endpoint.rstrip("/")


def address_named(endpoint: str, origin: str) -> Address:
    """The address of `[datasets/]org/name[@revision]`. Raises: TargetError."""
    target = parse_hub_name(origin)
    return Address(endpoint=endpoint, kind=target.kind, id=target.id, revision=target.revision)
