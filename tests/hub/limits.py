"""Rate limits in fixed windows, as the Hub publishes them, and the headers that tell of them.

Source: "Hub Rate limits", https://huggingface.co/docs/hub/rate-limits (September 2025).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Bucket = Literal["api", "resolvers", "pages", "github"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many requests in a window; `is_enforced` False only counts, for the headers."""

    quota: int
    window_seconds: float = 300.0
    is_enforced: bool = True


PUBLISHED_ANONYMOUS: Mapping[Bucket, int] = {"api": 500, "resolvers": 3000, "pages": 100, "github": 60}
PUBLISHED_ACCOUNT: Mapping[Bucket, int] = {"api": 1000, "resolvers": 5000, "pages": 200, "github": 5000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The state of one bucket after a request was counted."""

    bucket: Bucket
    quota: int
    window_seconds: float
    used: int
    reset_seconds: float
    is_exceeded: bool

    @property
    def remaining(self) -> int:
        """Requests left in this window."""
        return max(0, self.quota - self.used)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that every answer carries: the Hub's, or GitHub's."""
        if self.bucket == "github":
            return (
                ("X-RateLimit-Limit", str(self.quota)),
                ("X-RateLimit-Remaining", str(self.remaining)),
                ("X-RateLimit-Used", str(self.used)),
                ("X-RateLimit-Reset", str(int(time.time() + self.reset_seconds) + 1)),
                ("X-RateLimit-Resource", "core"),
            )
        window = int(max(1, self.window_seconds))
        return (
            ("RateLimit", f'"{self.bucket}";r={self.remaining};t={int(self.reset_seconds)}'),
            ("RateLimit-Policy", f'"fixed window";"{self.bucket}";q={self.quota};w={window}'),
        )


class RateLimits:
    """Counts requests per bucket and asker (a token, or everybody without one)."""

    def __init__(self) -> None:
        self._limits: dict[Bucket, Limit] = {}
        self._counts: dict[tuple[Bucket, str], int] = {}
        self._windows: dict[Bucket, int] = {}
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def set(self, bucket: Bucket, limit: Limit) -> None:
        """Put a limit in force, the same for every asker, counted from now."""
        with self._lock:
            self._limits[bucket] = limit
            self._counts = {key: count for key, count in self._counts.items() if key[0] != bucket}
            self._windows.pop(bucket, None)

    def count(self, bucket: Bucket, asker: str | None) -> Reading:
        """Count one request, and say whether it is one too many. Requests that are refused count as well."""
        with self._lock:
            limit = self._limits.get(bucket) or _published(bucket, asker)
            elapsed = time.monotonic() - self._start
            window = int(elapsed // limit.window_seconds)
            if self._windows.get(bucket) != window:
                self._windows[bucket] = window
                self._counts = {key: count for key, count in self._counts.items() if key[0] != bucket}
            key = (bucket, asker or "")
            used = self._counts.get(key, 0) + 1
            self._counts[key] = used
        shown = used if limit.is_enforced else min(used, limit.quota - 1)
        return Reading(
            bucket=bucket,
            quota=limit.quota,
            window_seconds=limit.window_seconds,
            used=shown,
            reset_seconds=(window + 1) * limit.window_seconds - elapsed,
            is_exceeded=limit.is_enforced and used > limit.quota,
        )


def _published(bucket: Bucket, asker: str | None) -> Limit:
    quotas = PUBLISHED_ANONYMOUS if asker is None else PUBLISHED_ACCOUNT
    window_seconds = 3600.0 if bucket == "github" else 300.0
    return Limit(quota=quotas[bucket], window_seconds=window_seconds, is_enforced=False)
