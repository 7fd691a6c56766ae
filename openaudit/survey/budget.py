"""How fast a Hub may be asked: one budget for a token, read from the headers of every answer.

Source: "Hub Rate limits", https://huggingface.co/docs/hub/rate-limits; draft-ietf-httpapi-ratelimit-headers-09.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_RATE = re.compile(r'"(?P<bucket>[a-z]{1,20})"\s*;\s*r=(?P<left>\d{1,9})\s*;\s*t=(?P<seconds>\d{1,9})')
_POLICY = re.compile(r'"(?P<bucket>[a-z]{1,20})"\s*;\s*q=(?P<quota>\d{1,9})\s*;\s*w=(?P<window>\d{1,9})')
_RECENT = 50
_SPARE = 0.02
"""What is left of a quota for others who use the same token, and for retries that nobody planned."""
FIRST_AT_ONCE = 4
_LEAST_TAKEN = 2.0
_CAUTION = 2.0
"""How many times what recent targets took is held ready for each that is under way."""
_LOOK_AGAIN_SECONDS = 1.0
_GOOD_FOR_ONE_MORE = 8
_LONGEST_WAIT_SECONDS = 900.0


@dataclass(slots=True)
class _Bucket:
    """What the last answer told of one kind of request: how many are left until `ends`, of `quota` in a window."""

    left: int
    ends: float
    quota: int = 0
    costs: deque[float] = field(default_factory=lambda: deque([4.0], maxlen=_RECENT))
    """Requests of this kind that recent targets took each."""


class Budget:
    """Lets targets begin while the quotas that the Hub tells of have room for them, and as many at once as go well.

    Each target takes a few requests that cannot be foreseen; what recent ones took stands in. A refusal (429) or an
    answer that does not come halves the number at once; eight targets that went well raise it by one.
    """

    def __init__(
        self,
        most_at_once: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._most = most_at_once
        self._limit = float(min(FIRST_AT_ONCE, most_at_once))
        self._running = 0
        self._well = 0
        self._buckets: dict[str, _Bucket] = {}
        self._counts: dict[str, int] = {}
        self._taken: dict[str, int] = {}
        self._closed_until = 0.0
        self._clock = clock
        self._sleep = sleep
        self._changed = threading.Condition()
        self.waited_seconds = 0.0
        self.refusals = 0

    # ------------------------------------------------------------ what answers tell

    def note(self, status: int, headers: Any) -> None:
        """Take in the headers of one answer."""
        rate = _RATE.search(headers.get("ratelimit", ""))
        if rate is None:
            return
        policy = _POLICY.search(headers.get("ratelimit-policy", ""))
        name, now = rate["bucket"], self._clock()
        with self._changed:
            bucket = self._buckets.get(name)
            # the server rounds the seconds down
            left, ends = int(rate["left"]), now + int(rate["seconds"]) + 1.0
            if bucket is None:
                bucket = self._buckets[name] = _Bucket(left=left, ends=ends)
            elif ends > bucket.ends + 1.5:  # a new window has begun
                bucket.left, bucket.ends = left, ends
            else:  # answers overtake one another: of one window the least counts
                bucket.left = min(bucket.left, left)
            if policy is not None and policy["bucket"] == name:
                bucket.quota = int(policy["quota"])
            self._counts[name] = self._counts.get(name, 0) + 1
            if status == 429:
                self.refusals += 1
                bucket.left, bucket.ends = 0, ends
                self._halve()
            self._changed.notify_all()

    # ------------------------------------------------------------ targets

    def begin(self) -> None:
        """Wait until one more target may begin."""
        with self._changed:
            while self._running >= self.at_once or (pause := self._pause()) > 0:
                if self._running >= self.at_once:
                    self._wait(_LOOK_AGAIN_SECONDS)
                else:
                    self.waited_seconds += self._wait(pause)
            self._running += 1

    def end(self, *, went_well: bool) -> None:
        """A target is done; `went_well` is false where the server refused or did not answer in time."""
        with self._changed:
            self._running -= 1
            self._learn()
            if not went_well:
                self._halve()
            else:
                self._well += 1
                if self._well >= _GOOD_FOR_ONE_MORE:
                    self._well, self._limit = 0, min(float(self._most), self._limit + 1)
            self._changed.notify_all()

    def pause_after_refusal(self) -> float:
        """Seconds until the Hub answers again, by what it told last."""
        with self._changed:
            now = self._clock()
            empty = [b.ends - now for b in self._buckets.values() if b.left <= 0]
            return min(_LONGEST_WAIT_SECONDS, max([0.0, *empty]))

    @property
    def at_once(self) -> int:
        """How many targets may be under way at the same time now."""
        return max(1, int(self._limit))

    def _pause(self) -> float:
        """Seconds until the quotas have room for one more; 0 where they have it now."""
        now = self._clock()
        longest = 0.0
        for bucket in self._buckets.values():
            if bucket.ends <= now:
                continue  # a new window: the next answer tells of it
            mean = sum(bucket.costs) / len(bucket.costs)
            need = max(_LEAST_TAKEN, _CAUTION * mean) * (self._running + 1) + _SPARE * bucket.quota
            if bucket.left < need:
                longest = max(longest, bucket.ends - now)
        return min(longest, _LONGEST_WAIT_SECONDS)

    def _wait(self, seconds: float) -> float:
        before = self._clock()
        if self._sleep is not None:
            self._sleep(seconds)
        else:
            self._changed.wait(seconds)
        return self._clock() - before

    def _learn(self) -> None:
        """What a target takes: requests since the last one ended, shared by those that were under way."""
        for name, count in self._counts.items():
            bucket = self._buckets[name]
            fresh = count - self._taken.get(name, 0)
            self._taken[name] = count
            bucket.costs.append(fresh)

    def _halve(self) -> None:
        self._well = 0
        self._limit = max(1.0, self._limit / 2)
