"""What a code base uses, each model once: the references that were found and the targets that the policy names."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openaudit.errors import TargetError
from openaudit.gate.policy import Policy, matches
from openaudit.gate.result import Reference
from openaudit.sources.targets import parse_hub_name, parse_target
from openaudit.vocabulary import Target, TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One target at one revision as the code writes it (`name`), and every place that uses it. `problem` says why the
    name is no target."""

    name: str
    target: Target
    references: tuple[Reference, ...]
    problem: TargetError | None = None


def subjects_of(references: Sequence[Reference], policy: Policy, root: Path) -> tuple[Subject, ...]:
    """The subjects in order of name; those that the policy leaves out are not among them."""
    grouped: dict[str, list[Reference]] = {}
    for reference in (*references, *_listed(policy)):
        name = _name(reference)
        if not matches(name, policy.ignore_models) and not matches(reference.target, policy.ignore_models):
            grouped.setdefault(name, []).append(reference)
    return tuple(_subject(name, grouped[name], root) for name in sorted(grouped))


def _name(reference: Reference) -> str:
    return f"{reference.target}@{reference.revision}" if reference.revision else reference.target


def _listed(policy: Policy) -> list[Reference]:
    """The targets of the policy's own list, at their lines of its file."""
    made = []
    for listed in policy.models:
        on_hub = listed.kind in ("model", "dataset")
        target, _, revision = listed.target.partition("@") if on_hub else (listed.target, "", "")
        made.append(
            Reference(
                target=target,
                kind=listed.kind,
                path=policy.name,
                line=listed.line,
                how="the policy's list of models",
                revision=revision or None,
                quote=listed.target,
            )
        )
    return made


def _subject(name: str, references: Sequence[Reference], root: Path) -> Subject:
    ordered = tuple(sorted(references, key=lambda ref: (ref.path, ref.line, ref.column)))
    try:
        return Subject(name=name, target=_target(ordered[0], root), references=ordered)
    except TargetError as error:
        kind = TargetKind.DATASET if ordered[0].kind == "dataset" else TargetKind.MODEL
        target = Target(kind=kind, id=ordered[0].target, text=name)
        return Subject(name=name, target=target, references=ordered, problem=error)


def _target(reference: Reference, root: Path) -> Target:
    """Raises: TargetError for a name that is none, or a path that leads out of the root."""
    if reference.kind in ("model", "dataset"):
        text = reference.target
        if reference.kind == "dataset" and not text.startswith("datasets/"):
            text = f"datasets/{text}"
        target = parse_hub_name(text + (f"@{reference.revision}" if reference.revision else ""))
        return Target(kind=target.kind, id=target.id, revision=target.revision, text=_name(reference))
    if reference.kind == "ollama":
        return parse_target(reference.target)
    if reference.target.startswith(("http://", "https://")):
        return parse_target(reference.target)
    below = posixpath.normpath(reference.target)
    if below.startswith(("/", "..")):
        raise TargetError(f"{reference.target} leads out of the code base.")
    target = parse_target(str(root.absolute() / below))
    return Target(kind=target.kind, id=target.id, text=reference.target)
