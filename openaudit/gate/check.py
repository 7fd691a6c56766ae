"""The check: every model of a code base, audited once, held against the policy, the lock and the waivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openaudit import __version__
from openaudit.gate.audits import Audited, Auditor, failure_of, not_kept
from openaudit.gate.discover import Discovery, discover
from openaudit.gate.drift import drift, not_locked
from openaudit.gate.explain import explain as explained
from openaudit.gate.facts import Facts
from openaudit.gate.judging import Case, Knowing, Wrong, judge, violation
from openaudit.gate.lock import LOCK_NAME, Lock, Locked, find_lock, read_lock
from openaudit.gate.policy import Demands, Policy
from openaudit.gate.result import Checked, CheckResult, Reference, Violation
from openaudit.gate.subjects import Subject, subjects_of
from openaudit.gate.waivers import settle, unused
from openaudit.gate.words import load_words
from openaudit.licenses.catalog import load_catalog
from openaudit.sources import is_offline
from openaudit.sources.interface import resolved_now
from openaudit.vocabulary import Failure, Target

Say = Callable[[Target, str], None]
"""Told what is being read of which target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to check: `frozen` fails on what the lock does not know and on what changed since; `offline` opens no
    connection; `explain` says in words what the policy means; `jobs` targets are read at once; `rules` are folders
    of the user's own."""

    frozen: bool = False
    offline: bool = False
    explain: bool = False
    jobs: int = 16
    rules: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one check knows."""

    policy: Policy
    options: Options
    knowing: Knowing
    auditor: Auditor
    lock: Lock | None
    today: str


def check(
    root: Path, policy: Policy, options: Options | None = None, say: Say = lambda target, text: None
) -> CheckResult:
    """Find the models that the code below `root` uses and hold each against `policy`.

    Raises:
        TargetError: there is no such folder.
        PolicyError: the lock file is damaged, or a user's rule is wrong.
    """
    options = options or Options()
    options = replace(options, offline=options.offline or is_offline())
    found = discover(root, ignore=policy.ignore)
    folder = root if root.is_dir() else root.parent
    place = find_lock(folder)
    run = _Run(
        policy=policy,
        options=options,
        knowing=Knowing(catalog=load_catalog(options.rules), words=load_words(options.rules)),
        auditor=Auditor(options.rules, offline=options.offline),
        lock=None if place is None else read_lock(place),
        today=resolved_now()[:10],
    )
    subjects = subjects_of(found.references, policy, folder)
    audits = read_all(subjects, lambda subject: _read(run, subject, say), options.jobs)
    used: set[int] = set()
    checked: list[Checked] = []
    for subject, audited in zip(subjects, audits, strict=True):
        checked.extend(_checked(run, subject, audited, used))
    return CheckResult(
        root=str(root),
        policy=policy.name,
        tool_version=__version__,
        rules_version=run.auditor.rules_version,
        checked=tuple(checked),
        notes=tuple(_notes(run, subjects, found, used)),
        unread=found.unread,
    )


def read_all(
    subjects: Sequence[Subject], read: Callable[[Subject], Audited], jobs: int
) -> tuple[Audited, ...]:
    """What is known of each subject, several at once, in their order."""
    if not subjects:
        return ()
    with ThreadPoolExecutor(max_workers=max(1, min(jobs, len(subjects)))) as pool:
        return tuple(pool.map(read, subjects))


def _notes(run: _Run, subjects: Sequence[Subject], found: Discovery, used: set[int]) -> Iterator[str]:
    yield from run.policy.notes
    if not subjects:
        yield f"No model was found in {found.files_read} files."
    yield from unused(run.policy.waivers, frozenset(used), run.policy.name, run.today)
    if run.lock is None:
        if run.options.frozen:
            yield f"There is no {LOCK_NAME}: run `openaudit lock` and commit it."
        return
    names = {subject.name for subject in subjects}
    missing = sum(run.lock.of(name) is None for name in names)
    if missing and not run.options.frozen:
        yield f"{missing} of {len(names)} models are not in {LOCK_NAME}: run `openaudit lock`."
    for name in sorted(set(run.lock.blocks) - names):
        yield f"{LOCK_NAME} has {name}, which nothing here uses: run `openaudit lock`."


# ---------------------------------------------------------------- reading


def _read(run: _Run, subject: Subject, say: Say) -> Audited:
    """What is known of one subject: online what is there now, offline what the cache or the lock holds."""
    if subject.problem is not None:
        return Audited(failure=failure_of(subject.target, subject.problem))
    block = run.lock.of(subject.name) if run.lock is not None else None
    if not run.options.offline:
        return _guess_said(subject, run.auditor.audit(subject.target, lambda text: say(subject.target, text)))
    if block is not None and block.facts.revision is not None:
        at = replace(subject.target, revision=block.facts.revision)
        if (kept := run.auditor.kept(at)) is not None:
            return kept
        if not _has_conditions(run, subject):
            return Audited(facts=block.facts, report=report_of(block))
    made = run.auditor.audit(subject.target, lambda text: say(subject.target, text))
    return Audited(failure=not_kept(subject.target)) if made.facts is None else made


def _has_conditions(run: _Run, subject: Subject) -> bool:
    return any(run.policy.demands_for(subject.name, ref.path).conditions for ref in subject.references)


def _guess_said(subject: Subject, audited: Audited) -> Audited:
    failure = audited.failure
    if failure is None or not all(ref.guessed for ref in subject.references):
        return audited
    first = subject.references[0]
    hint = f"Its name was guessed from {first.path}:{first.line}; where it is no model, add it to `ignore_models`."
    return replace(audited, failure=replace(failure, hint=f"{failure.hint} {hint}".strip()))


def report_of(block: Locked) -> dict[str, Any]:
    """The report as far as a block of the lock holds one, in the shape of the contract: the rest is empty, and the
    headline says so."""
    from openaudit.formats.json_v1 import failure_object
    from openaudit.vocabulary import TargetKind

    facts = block.facts
    kind = TargetKind.DATASET if facts.subject == "dataset" else TargetKind.MODEL
    target = Target(kind=kind, id=facts.id, revision=facts.revision, text=block.target)
    nothing = Failure(target=target, stage="", reason="", message="")
    made = failure_object(nothing, block.rules)
    made["license"] |= {
        "effective": facts.license,
        "effective_name": facts.license_name,
        "grant": facts.grant,
        "terms": {"names": list(facts.terms)},
    }
    made["access"]["gated"] = facts.gated
    made["coverage"] |= {"share": facts.coverage, "missing": []}
    headline = f"{facts.id} is {facts.level}, as {LOCK_NAME} holds it; it was not read again."
    return {**made, "level": facts.level, "level_name": facts.level, "headline": headline, "errors": []}


# ---------------------------------------------------------------- judging


def _checked(run: _Run, subject: Subject, audited: Audited, used: set[int]) -> Iterator[Checked]:
    """One entry a subject; several where overrides judge its uses differently."""
    groups: list[tuple[Demands, list[Reference]]] = []
    for reference in subject.references:
        demands = run.policy.demands_for(subject.name, reference.path)
        mine = next((refs for known, refs in groups if known == demands), None)
        if mine is None:
            groups.append((demands, [reference]))
        else:
            mine.append(reference)
    done: list[Checked] = []
    for demands, references in groups:
        made = _one(run, subject, audited, demands, tuple(references), used)
        twin = next((n for n, other in enumerate(done) if _alike(other, made)), None)
        if twin is None:
            done.append(made)
        else:
            done[twin] = replace(done[twin], references=(*done[twin].references, *made.references))
    yield from done


def _alike(one: Checked, other: Checked) -> bool:
    return (one.violations, one.waived, one.explanation) == (
        other.violations,
        other.waived,
        other.explanation,
    )


def _one(
    run: _Run,
    subject: Subject,
    audited: Audited,
    demands: Demands,
    references: tuple[Reference, ...],
    used: set[int],
) -> Checked:
    violations: tuple[Violation, ...] = ()
    explanation: tuple[str, ...] = ()
    if audited.facts is not None:
        case = Case(
            target=subject.name,
            facts=audited.facts,
            demands=demands,
            references=references,
            report=audited.report if audited.report and audited.report["components"] else None,
        )
        violations = judge(case, run.knowing)
        if run.options.explain:
            explanation = explained(case, run.knowing, violations)
    violations = (*violations, *_of_lock(run, subject, audited.facts, demands))
    settled = settle(subject.name, violations, run.policy.waivers, run.today)
    used.update(settled.used)
    return Checked(
        target=subject.name,
        references=references,
        report=audited.report,
        failure=audited.failure,
        violations=settled.violations,
        waived=settled.waived,
        explanation=explanation,
    )


def _of_lock(run: _Run, subject: Subject, facts: Facts | None, demands: Demands) -> Iterator[Violation]:
    for wrong in _wrong_with_lock(run, subject, facts):
        if (made := violation(wrong, subject.name, demands)) is not None:
            yield made


def _wrong_with_lock(run: _Run, subject: Subject, facts: Facts | None) -> Iterator[Wrong]:
    block = run.lock.of(subject.name) if run.lock is not None else None
    if block is None:
        if run.options.frozen:
            yield not_locked(subject.name)
        return
    if facts is None or facts == block.facts:
        return

    def texts(path: str) -> tuple[str | None, str | None]:
        revision = block.facts.revision or ""
        old = run.auditor.old_text(subject.target, revision, path, block.facts.texts[path])
        return old, run.auditor.text(subject.target, path)

    usual = "error" if run.options.frozen else "warn"
    yield from drift(subject.name, block.facts, facts, texts, usual)  # type: ignore[arg-type]
