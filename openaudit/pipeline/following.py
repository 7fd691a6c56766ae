"""The relatives of a target, read: what it was made from, up to the root; its datasets; the code it links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

from openaudit.errors import OpenAuditError, SourceError, Unreachable
from openaudit.pipeline.collecting import Collected, Progress, Relative, collect, seen_in
from openaudit.pipeline.knowledge import Knowledge
from openaudit.scanners.relatives import wanted_relatives
from openaudit.sources.interface import Source
from openaudit.vocabulary import Target, TargetKind, Unread

MOST_GENERATIONS = 10
MOST_MODELS = 24
MOST_DATASETS = 16
MOST_CODE = 6
"""What is read of the relatives of one target at most; what is left out is reported as not looked at."""
_AT_ONCE = 8


@dataclass(slots=True)
class _Budget:
    """How many relatives of each kind may still be read for one target."""

    left: dict[TargetKind, int]


class Library:
    """Relatives read in one run, each once however many targets name it. Thread-safe.

    `find` gives the source that reads a relative. A host that does not answer is not asked again for a relative: a
    run without a network waits once, not once per relative.
    """

    def __init__(self, find: Callable[[Target], Source], knowledge: Knowledge) -> None:
        self._find = find
        self._knowledge = knowledge
        self._lock = Lock()
        self._read: dict[tuple[TargetKind, str], Future[Collected]] = {}
        self._silent: dict[str, SourceError] = {}
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="relatives")

    def follow(self, collected: Collected, progress: Progress) -> Collected:
        """What was collected together with its relatives, each with its own, up to the root; raises nothing."""
        budget = _Budget(
            left={
                TargetKind.MODEL: MOST_MODELS,
                TargetKind.DATASET: MOST_DATASETS,
                TargetKind.CODE: MOST_CODE,
            }
        )
        return self._followed(collected, (_name(collected.snapshot.id),), budget, progress)

    def _followed(
        self, collected: Collected, line: tuple[str, ...], budget: _Budget, progress: Progress
    ) -> Collected:
        seen = seen_in(collected, self._knowledge)
        wishes = wanted_relatives(collected.snapshot, seen)
        plans = [(target, self._refusal(target, line, budget)) for target in wishes]
        reading = {
            target: self._pool.submit(self._one, target, progress) for target, refused in plans if not refused
        }
        relatives = [
            Relative(target=target, unread=refused) if refused else reading[target].result()
            for target, refused in plans
        ]
        return replace(collected, seen=seen, relatives=tuple(self._deeper(relatives, line, budget, progress)))

    def _deeper(
        self, relatives: Sequence[Relative], line: tuple[str, ...], budget: _Budget, progress: Progress
    ) -> Iterator[Relative]:
        """The relatives with their own; of datasets and code there are none to follow."""
        for relative in relatives:
            read = relative.collected
            if read is None or relative.target.kind is not TargetKind.MODEL:
                yield relative
                continue
            if _name(read.snapshot.id) in line:  # a renamed repository that leads back
                yield Relative(target=relative.target, unread=_cycle(relative.target, line))
                continue
            path = (*line, _name(relative.target.id), _name(read.snapshot.id))
            yield replace(relative, collected=self._followed(read, path, budget, progress))

    def _refusal(self, target: Target, line: tuple[str, ...], budget: _Budget) -> Unread | None:
        """Why a relative is not read, before anything is asked of its host."""
        if target.kind is TargetKind.MODEL and _name(target.id) in line:
            return _cycle(target, line)
        if budget.left[target.kind] <= 0 or len(line) > 2 * MOST_GENERATIONS:
            return Unread(
                path=target.id, reason="not-looked-at", message="It names more relatives than are read."
            )
        budget.left[target.kind] -= 1
        return None

    def _one(self, target: Target, progress: Progress) -> Relative:
        """One relative by itself: the first thread that asks for it reads it, the others wait for that."""
        key = (target.kind, f"{_name(target.id)}@{target.revision or ''}")
        with self._lock:
            future = self._read.get(key)
            mine = future is None
            if future is None:
                future = self._read[key] = Future()
        if mine:
            self._fulfil(future, target, progress)
        try:
            return Relative(target=target, collected=future.result())
        except SourceError as error:
            return Relative(
                target=target, unread=Unread(path=target.id, reason=error.reason, message=error.message)
            )
        except OpenAuditError as error:
            return Relative(
                target=target, unread=Unread(path=target.id, reason="not-auditable", message=error.message)
            )

    def _fulfil(self, future: Future[Collected], target: Target, progress: Progress) -> None:
        silent = self._silent.get(_host(target))
        if silent is not None:
            future.set_exception(silent)
            return
        try:
            future.set_result(collect(target, self._find(target), progress))
        except OpenAuditError as error:
            if isinstance(error, Unreachable):
                # the same words for whoever asked first: which one that is differs from run to run
                error = self._silent[_host(target)] = Unreachable(f"{_host(target)} could not be reached.")
            future.set_exception(error)
        except BaseException as error:
            future.set_exception(error)
            raise


def _host(target: Target) -> str:
    """What must answer for a relative to be read: the Hub, or the host of a code repository."""
    return target.id.split("/")[0].lower() if target.kind is TargetKind.CODE else "The Hub"


def _name(id_: str) -> str:
    return id_.lower()


def _cycle(target: Target, line: tuple[str, ...]) -> Unread:
    return Unread(
        path=target.id,
        reason="cycle",
        message=f"It is named as a base of itself: {' is made from '.join(dict.fromkeys((*line, _name(target.id))))} again."
        if len(set(line)) > 1
        else "It names itself as its base.",
    )
