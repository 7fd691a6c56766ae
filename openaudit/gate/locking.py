"""Making the lock: what stays as it was adopted, what is new, what moves because somebody asked for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from openaudit.errors import TargetError
from openaudit.gate.audits import Audited, Auditor, failure_of
from openaudit.gate.check import Options, Say, read_all
from openaudit.gate.discover import discover
from openaudit.gate.lock import LOCK_NAME, Lock, Locked, find_lock, read_lock
from openaudit.gate.policy import Policy
from openaudit.gate.shape import nearest
from openaudit.gate.subjects import Subject, subjects_of
from openaudit.sources import is_offline
from openaudit.vocabulary import Failure

ALL = "*"
"""What to upgrade where every model may move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locking:
    """The blocks to write to `path`, what became of each model, and the targets that could not be audited: their old
    blocks stay."""

    path: Path
    blocks: tuple[Locked, ...]
    new: tuple[str, ...]
    moved: tuple[str, ...]
    gone: tuple[str, ...]
    failures: tuple[Failure, ...]
    unread: tuple[str, ...]


def make_lock(
    root: Path,
    policy: Policy,
    options: Options,
    upgrade: str | None = None,
    say: Say = lambda target, text: None,
) -> Locking:
    """The lock for the code below `root`. What is locked stays at its revision, unless `upgrade` names it (or `ALL`).

    Raises:
        TargetError: no such folder, or `upgrade` names nothing that is used here.
        PolicyError: the lock file is damaged.
    """
    folder = root if root.is_dir() else root.parent
    place = find_lock(folder) or folder / LOCK_NAME
    old = read_lock(place) if place.is_file() else Lock(path=place)
    found = discover(root, ignore=policy.ignore)
    subjects = subjects_of(found.references, policy, folder)
    _check_upgrade(upgrade, subjects)
    auditor = Auditor(options.rules, offline=options.offline or is_offline())

    def read(subject: Subject) -> Audited:
        return _read(subject, old.of(subject.name), upgrade, auditor, say)

    audits = read_all(subjects, read, options.jobs)
    # the lock of a parent folder speaks of more than this folder
    blocks = {} if place.parent.resolve() == folder.resolve() else dict(old.blocks)
    failures: list[Failure] = []
    for subject, audited in zip(subjects, audits, strict=True):
        if audited.facts is not None and audited.failure is None:
            blocks[subject.name] = Locked(
                target=subject.name, facts=audited.facts, rules=auditor.rules_version
            )
        elif audited.failure is not None:
            failures.append(audited.failure)
            if (kept := old.of(subject.name)) is not None:
                blocks[subject.name] = kept
    return Locking(
        path=place,
        blocks=tuple(blocks.values()),
        new=tuple(sorted(set(blocks) - set(old.blocks))),
        moved=tuple(sorted(n for n in blocks if n in old.blocks and blocks[n].facts != old.blocks[n].facts)),
        gone=tuple(sorted(set(old.blocks) - set(blocks))),
        failures=tuple(failures),
        unread=tuple(f"{each['path']}: {each['message']}" for each in found.unread),
    )


def _read(subject: Subject, block: Locked | None, upgrade: str | None, auditor: Auditor, say: Say) -> Audited:
    if subject.problem is not None:
        return Audited(failure=failure_of(subject.target, subject.problem))
    target = subject.target
    if block is not None and not _moves(subject.name, upgrade):
        if block.rules == auditor.rules_version:
            return Audited(facts=block.facts)
        if block.facts.revision is not None:
            target = replace(target, revision=block.facts.revision)
    return auditor.audit(target, lambda text: say(subject.target, text))


def _moves(name: str, upgrade: str | None) -> bool:
    return upgrade is not None and (
        upgrade == ALL or upgrade.lower() in (name.lower(), name.partition("@")[0].lower())
    )


def _check_upgrade(upgrade: str | None, subjects: tuple[Subject, ...]) -> None:
    if upgrade is None or upgrade == ALL or any(_moves(subject.name, upgrade) for subject in subjects):
        return
    hint = nearest(upgrade, [subject.name for subject in subjects])
    raise TargetError(f"nothing here uses a model '{upgrade}'.", hint=hint)
