"""The one place where the stages meet: a target in, a report out."""

from __future__ import annotations

from openaudit.pipeline.collecting import Collected, Progress, Relative, collect, relatives_of
from openaudit.pipeline.following import Library
from openaudit.pipeline.judging import judge
from openaudit.pipeline.knowledge import Knowledge, load_knowledge
from openaudit.sources.bundle import BundleSource
from openaudit.sources.interface import Source
from openaudit.vocabulary import Report, Target

__all__ = [
    "Collected",
    "Knowledge",
    "Library",
    "Progress",
    "Relative",
    "audit",
    "collect",
    "judge",
    "load_knowledge",
    "relatives_of",
]


def audit(
    target: Target,
    source: Source,
    knowledge: Knowledge,
    progress: Progress = lambda text: None,
    library: Library | None = None,
) -> Report:
    """Fetch, scan and judge one target, with the relatives that `library` reads; without one, what the rules know of
    the relatives stands in.

    Raises:
        SourceError: the target cannot be read at all.
    """
    collected = collect(target, source, progress)
    if isinstance(source, BundleSource):
        library = Library(source.relative, knowledge)
    if library is not None:
        collected = library.follow(collected, progress)
    return judge(collected, knowledge)
