"""The ceilings of everything a source reads, in one place, so that tests and surveys can set their own."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how much and how often a source may read for one target.

    `request_seconds` covers one answer with its redirects, retries and pauses; concurrent reads share one such
    window, so that `open` and `read` end within it each. `requests` counts the requests for one target, of which
    `reserved_requests` are kept for `read_more`. Sizes are bytes after decoding.
    """

    request_seconds: float = 20.0
    connect_seconds: float = 10.0
    retries: int = 3
    first_pause_seconds: float = 0.5
    redirects: int = 8
    requests: int = 12
    reserved_requests: int = 2
    info_bytes: int = 8 * MIB
    error_bytes: int = 16 * 1024
    files: int = 50_000
    depth: int = 40
    bundle_bytes: int = 64 * MIB
    cache_bytes: int = 512 * MIB
    range_bytes: int = 16 * MIB
