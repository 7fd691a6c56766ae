"""Where bytes come from: the Hub, folders, files, Ollama stores, running servers and bundles. All that reaches out of
the program is in this package."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from openaudit.sources.interface import Listing, Progress, Source
from openaudit.sources.limits import Limits
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import Target, TargetKind

__all__ = [
    "Limits",
    "Listing",
    "Options",
    "Progress",
    "Source",
    "expand",
    "is_offline",
    "parse_target",
    "source_for",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a source needs to know besides the target. `offline` keeps from the Hub, `closed` from every server."""

    offline: bool
    limits: Limits
    closed: bool = False


def source_for(target: Target, *, offline: bool = False, limits: Limits | None = None) -> Source:
    """The source that reads `target`; `HF_HUB_OFFLINE` counts as `offline`.

    Raises: TargetError when `HF_ENDPOINT` is no web address.
    """
    return _SOURCES[target.kind](
        Options(offline=offline or is_offline(), limits=limits or Limits(), closed=offline)
    )


def expand(target: Target, *, offline: bool = False, limits: Limits | None = None) -> tuple[Target, ...]:
    """The targets that one target stands for: each model of a running server or of an Ollama store, else itself.

    `HF_HUB_OFFLINE` does not keep from a server that the user named: it speaks of the Hub.

    Raises: SourceError when the server or store cannot be read.
    """
    if target.kind is TargetKind.ENDPOINT:
        from openaudit.sources.endpoint import expand_server

        return expand_server(target, limits or Limits(), offline=offline)
    if target.kind is TargetKind.OLLAMA:
        from openaudit.sources.ollama import expand_store

        return expand_store(target)
    return (target,)


def is_offline() -> bool:
    """Whether the environment forbids the network, as the Hub's own tools read it."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in ("1", "ON", "YES", "TRUE")


def _hub(options: Options) -> Source:
    # imported here because huggingface_hub alone takes longer than `openaudit --help` may
    from openaudit.sources.cache import Cache

    if options.offline:
        from openaudit.sources.offline import OfflineHubSource

        return OfflineHubSource(limits=options.limits, cache=Cache(limits=options.limits))
    from openaudit.sources.hub import HubSource

    return HubSource(limits=options.limits, cache=Cache(limits=options.limits))


def _folder(options: Options) -> Source:
    from openaudit.sources.folder import FolderSource

    return FolderSource(options.limits)


def _bundle(options: Options) -> Source:
    from openaudit.sources.bundle import BundleSource

    return BundleSource(options.limits)


def _file(options: Options) -> Source:
    from openaudit.sources.weight_file import WeightFileSource

    return WeightFileSource()


def _ollama(options: Options) -> Source:
    from openaudit.sources.ollama import OllamaSource

    return OllamaSource()


def _endpoint(options: Options) -> Source:
    from openaudit.sources.endpoint import EndpointSource

    def find(target: Target) -> Source:
        return source_for(target, offline=options.offline, limits=options.limits)

    return EndpointSource(find, limits=options.limits, offline=options.closed)


def _record(options: Options) -> Source:
    from openaudit.sources.record import RecordSource

    return RecordSource(options.limits)


def _code(options: Options) -> Source:
    from openaudit.sources.cache import Cache
    from openaudit.sources.code_hosts import CodeHosts

    return CodeHosts(limits=options.limits, cache=Cache(limits=options.limits), offline=options.offline)


_SOURCES: Mapping[TargetKind, Callable[[Options], Source]] = {
    TargetKind.MODEL: _hub,
    TargetKind.DATASET: _hub,
    TargetKind.FOLDER: _folder,
    TargetKind.BUNDLE: _bundle,
    TargetKind.RECORD: _record,
    TargetKind.FILE: _file,
    TargetKind.OLLAMA: _ollama,
    TargetKind.ENDPOINT: _endpoint,
    TargetKind.CODE: _code,
}
