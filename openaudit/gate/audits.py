"""Reading the models of a code base: each once, at once, from the cache where its commit is known."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from openaudit.errors import NotFound, OpenAuditError, SourceError
from openaudit.gate.facts import Facts, facts_of
from openaudit.gate.levels import COULD_NOT_READ
from openaudit.gate.report_cache import Kept, ReportCache
from openaudit.rule_files import rules_digest
from openaudit.sources import source_for
from openaudit.sources.interface import Listing, Progress, Source
from openaudit.vocabulary import Failure, Snapshot, Target, TargetKind, Wanted

if TYPE_CHECKING:
    from openaudit.artifacts.reader import ByteReader
    from openaudit.pipeline import Knowledge, Library

_HUB = (TargetKind.MODEL, TargetKind.DATASET)
_TEXT_BYTES = 1_000_000
_TEXT_TAGS = frozenset({"text-generation", "text2text-generation", "fill-mask", "feature-extraction"} | {
    "text-classification", "token-classification", "question-answering", "sentence-similarity", "text-ranking",
    "summarization", "translation"})  # fmt: skip
_OTHER_CONFIGS = ("vision_config", "audio_config", "video_config", "image_token_id", "image_token_index")
_OTHER_NAMES = ("vision", "image", "audio", "video", "speech", "any-to-any", "visual", "mllama")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What is known of one target: its report and facts, or why there are none. Both where it was read in part."""

    facts: Facts | None = None
    report: Mapping[str, Any] | None = None
    failure: Failure | None = None


class Auditor:
    """Audits for one check. Thread-safe; the rules are loaded at the first target that no cache knows."""

    def __init__(self, rules: tuple[Path, ...], *, offline: bool) -> None:
        self._rules = rules
        self._offline = offline
        self.rules_version = rules_digest(rules)
        self._loading = Lock()
        self._known: tuple[Knowledge, Library] | None = None
        self._listings: dict[Target, Future[Listing]] = {}
        self._listing = Lock()

    def audit(self, target: Target, progress: Progress) -> Audited:
        """The report of one target, from the cache where nothing moved since; a failure is an answer, no exception."""
        try:
            return self._audit(target, progress)
        except SourceError as error:
            return Audited(failure=failure_of(target, error))
        except OpenAuditError as error:
            return Audited(failure=failure_of(target, error))

    def kept(self, target: Target) -> Audited | None:
        """What the cache holds of a target at its revision, or where that last pointed; opens no connection."""
        if target.kind not in _HUB:
            return None
        at = target.revision or ""
        kept = next(
            (k for c in self._caches if (k := c.get(target, at) or c.latest(target)) is not None), None
        )
        return None if kept is None else _audited(target, kept)

    def old_text(self, target: Target, revision: str, path: str, sha256: str) -> str | None:
        """A license text as it was at an older revision, from the cache or the Hub; None where it is not to be had,
        or is not the text with this digest."""
        if target.kind not in _HUB:
            return None
        at = replace(target, revision=revision)
        try:
            source = source_for(at, offline=self._offline)
            snapshot = source.read(source.open(at), [Wanted(path=path, max_bytes=_TEXT_BYTES)], _silent)
        except OpenAuditError:
            return None
        read = snapshot.document(path)
        return read.text if read is not None and f"sha256:{read.sha256}" == sha256 else None

    def text(self, target: Target, path: str) -> str | None:
        """A license text as it is now."""
        try:
            source = source_for(target, offline=self._offline)
            snapshot = source.read(source.open(target), [Wanted(path=path, max_bytes=_TEXT_BYTES)], _silent)
        except OpenAuditError:
            return None
        read = snapshot.document(path)
        return read.text if read is not None else None

    # ------------------------------------------------------------ one target

    def _audit(self, target: Target, progress: Progress) -> Audited:
        if self._offline and (kept := self.kept(target)) is not None:
            return kept
        source = source_for(target, offline=self._offline)
        if target.kind not in _HUB or self._offline:
            return _audited(target, self._read(target, source, progress))
        listing = self._opened(target)
        commit = listing.revision
        kept_ = self._cache.get(target, commit) if commit else None
        if kept_ is not None and self._still_so(kept_, listing):
            self._cache.point(target, commit or "")
            return _audited(target, _resolved(kept_, listing))
        made = self._read(target, _Opened(source, listing), progress)
        if commit and not _incomplete(made.report):
            self._cache.keep(target, commit, made)
        return _audited(target, made)

    def _read(self, target: Target, source: Source, progress: Progress) -> Kept:
        from openaudit.formats.json_v1 import report_object
        from openaudit.pipeline import collect, judge

        knowledge, library = self._knowledge()
        collected = library.follow(collect(target, source, progress), progress)
        report = report_object(judge(collected, knowledge))
        snapshot = collected.snapshot
        return Kept(
            report=report,
            texts=license_texts(snapshot, report),
            multimodal=is_multimodal(snapshot),
            at=time.time(),
        )

    def _knowledge(self) -> tuple[Knowledge, Library]:
        with self._loading:
            if self._known is None:
                from openaudit.pipeline import Library, load_knowledge

                knowledge = load_knowledge(self._rules)
                library = Library(lambda target: source_for(target, offline=self._offline), knowledge)
                self._known = knowledge, library
            return self._known

    # ------------------------------------------------------------ the cache

    @cached_property
    def _cache(self) -> ReportCache:
        """The cache of what this reader may see."""
        from huggingface_hub import get_token

        return ReportCache(self.rules_version, with_token=bool(get_token()))

    @property
    def _caches(self) -> tuple[ReportCache, ...]:
        """Offline nobody asks for a token: what was read with one is the reader's as well."""
        return tuple(ReportCache(self.rules_version, with_token=with_token) for with_token in (False, True))

    def _opened(self, target: Target) -> Listing:
        """The listing of a target, asked for once however many models name it. Raises: OpenAuditError."""
        key = replace(target, text="")
        with self._listing:
            future = self._listings.get(key)
            mine = future is None
            if future is None:
                future = self._listings[key] = Future()
        if mine:
            try:
                future.set_result(source_for(target, offline=False).open(target))
            except BaseException as error:
                future.set_exception(error)
        return future.result()

    def _still_so(self, kept: Kept, listing: Listing) -> bool:
        """Whether access and all relatives are as they were. What has no revision is believed for a day."""
        access = kept.report["access"]
        if (access["gated"], access["private"]) != (listing.access.gated, listing.access.private):
            return False
        moving = bool(kept.report.get("code"))
        for kind, rows in ((TargetKind.MODEL, "lineage"), (TargetKind.DATASET, "datasets")):
            for row in kept.report[rows]:
                if row.get("reach") != "read" or not row.get("revision"):
                    moving = moving or row.get("reach") == "unread"
                elif not self._is_at(Target(kind=kind, id=row["id"]), row["revision"]):
                    return False
        return kept.fresh or not moving

    def _is_at(self, target: Target, revision: str) -> bool:
        try:
            return self._opened(target).revision == revision
        except OpenAuditError:
            return False


class _Opened:
    """A source whose target was opened already."""

    def __init__(self, source: Source, listing: Listing) -> None:
        self._source = source
        self._listing = listing

    def open(self, target: Target) -> Listing:
        return self._listing if target == self._listing.target else self._source.open(target)

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        return self._source.read(listing, wanted, progress)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        return self._source.read_more(snapshot, wanted)

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        return self._source.reader(snapshot, path)


# ---------------------------------------------------------------- what a snapshot tells besides its report


def license_texts(snapshot: Snapshot, report: Mapping[str, Any]) -> dict[str, str]:
    """The digests of the texts that the report cites for the license, by path; in another repository
    `<origin>/<path>`."""
    cited = {source["where"] for source in report["license"]["sources"] if source["kind"] == "text"}
    return {
        (read.path if read.origin is None else f"{read.origin}/{read.path}"): f"sha256:{read.sha256}"
        for read in snapshot.documents
        if read.path in cited
    }


def is_multimodal(snapshot: Snapshot) -> bool | None:
    """Whether a model takes or gives more than text, by its task and configuration; None where neither says."""
    task = snapshot.metadata.get("pipeline_tag")
    config = snapshot.metadata.get("config")
    if isinstance(config, dict):
        names = " ".join(
            str(name) for name in (*(config.get("architectures") or ()), config.get("model_type"))
        ).lower()
        if any(key in config for key in _OTHER_CONFIGS) or any(word in names for word in _OTHER_NAMES):
            return True
    if isinstance(task, str):
        if task in _TEXT_TAGS:
            return False
        return True if any(word in task for word in _OTHER_NAMES) else None
    read = snapshot.document("config.json")
    if read is not None:
        return any(f'"{key}"' in read.text for key in _OTHER_CONFIGS) or None
    return None


def failure_of(target: Target, error: OpenAuditError) -> Failure:
    """A target that could not be audited, and why."""
    if isinstance(error, SourceError):
        stage, reason = "read", error.reason
    else:
        stage, reason = "target", "not-auditable"
    return Failure(target=target, stage=stage, reason=reason, message=error.message, hint=error.hint)


def not_kept(target: Target) -> Failure:
    """A target that an offline check knows nothing of."""
    return failure_of(
        target,
        NotFound(
            f"{target.text or target.id} is neither in the lock nor in the cache, and openaudit is offline.",
            hint="Run `openaudit lock` once with a network.",
        ),
    )


def _incomplete(report: Mapping[str, Any]) -> bool:
    return any(error.get("reason") in COULD_NOT_READ for error in report["errors"])


def _audited(target: Target, kept: Kept) -> Audited:
    facts = facts_of(kept.report, kept.texts, kept.multimodal)
    unseen = next((e for e in kept.report["errors"] if e.get("reason") in COULD_NOT_READ), None)
    failure = None
    if unseen is not None:
        failure = Failure(
            target=target,
            stage=unseen["stage"],
            reason=unseen["reason"],
            message=unseen["message"],
            hint="Give the check a token that may read it (HF_TOKEN)."
            if unseen["reason"] == "access-denied"
            else "",
        )
    return Audited(facts=facts, report=kept.report, failure=failure)


def _resolved(kept: Kept, listing: Listing) -> Kept:
    """The report with the moment at which its commit was looked up."""
    target = {**kept.report["target"], "resolved_at": listing.resolved_at}
    return replace(kept, report={**kept.report, "target": target})


def _silent(_: str) -> None:
    """For reads that nobody watches."""
