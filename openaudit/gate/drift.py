"""What moved since a model was adopted: the block of the lock against what is there now."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from openaudit.gate.changes import word_diff
from openaudit.gate.facts import Facts
from openaudit.gate.judging import Wrong
from openaudit.gate.levels import rank
from openaudit.gate.policy import Weight

Texts = Callable[[str], tuple[str | None, str | None]]
"""For the path of a license text: its words as they were adopted and as they are, each None where not to be had."""

_ADOPT = "Read what changed; to accept it, run `openaudit lock --upgrade {target}`."


def not_locked(target: str) -> Wrong:
    """A model that the lock does not know."""
    return Wrong(
        rule="lock/not-locked",
        message="It is not in openaudit.lock: nobody has adopted it yet.",
        rests_on=target,
        fix="Run `openaudit lock` and commit the lock file.",
    )


def drift(target: str, adopted: Facts, now: Facts, texts: Texts, usual: Weight) -> Iterator[Wrong]:
    """Everything that is no longer as it was adopted. A revision that moved and changed nothing is a warning."""
    fix = _ADOPT.format(target=target)
    yield from _terms(adopted, now, texts, usual, fix)
    if adopted.level != now.level:
        yield Wrong(
            rule="lock/level-changed",
            message=f"Its level was {adopted.level} when it was adopted, and is {now.level}.",
            rests_on=[adopted.level, now.level],
            fix=fix,
            usual=usual if rank(now.level) < rank(adopted.level) else "warn",
        )
    if adopted.gated != now.gated:
        yield Wrong(
            rule="lock/gate-changed",
            message=f"Its gate was {_gate(adopted)} when it was adopted, and is {_gate(now)}.",
            rests_on=[adopted.gated, now.gated],
            fix=fix,
            usual=usual,
        )
    if adopted.revision != now.revision:
        yield Wrong(
            rule="lock/revision-moved",
            message=f"It moved from {_short(adopted.revision)} to {_short(now.revision)} since it was adopted.",
            rests_on=[adopted.revision, now.revision],
            fix=fix,
            usual="warn",
        )


def _terms(adopted: Facts, now: Facts, texts: Texts, usual: Weight, fix: str) -> Iterator[Wrong]:
    changes, diffs = _texts_changed(adopted, now, texts)
    if adopted.license != now.license:
        changes.append(f"the license was {_called(adopted)} and is {_called(now)}")
    gone = [term for term in adopted.terms if term not in now.terms]
    new = [term for term in now.terms if term not in adopted.terms]
    if new:
        changes.append(f"new terms: {', '.join(new)}")
    if gone:
        changes.append(f"no longer: {', '.join(gone)}")
    if not changes and adopted.grant != now.grant:
        changes.append(f"it granted {adopted.grant} use and grants {now.grant}")
    if not changes:
        return
    same_words = adopted.texts == now.texts and adopted.statements == now.statements
    why = (
        " (the words are the same, the rules read them otherwise)"
        if same_words and adopted.bounds == now.bounds
        else ""
    )
    yield Wrong(
        rule="lock/terms-changed",
        message=f"Its terms changed since you adopted it{why}: {'; '.join(changes)}.",
        rests_on=[dict(adopted.licensing), dict(now.licensing)],
        fix=fix,
        usual=usual,
        diff="\n".join(diffs),
    )


def _texts_changed(adopted: Facts, now: Facts, texts: Texts) -> tuple[list[str], list[str]]:
    """What happened to each license text, and the words that changed where both sides can be had."""
    changes: list[str] = []
    diffs: list[str] = []
    for path in sorted({*adopted.texts, *now.texts}):
        before, after = adopted.texts.get(path), now.texts.get(path)
        if before == after:
            continue
        if before is None or after is None:
            changes.append(f"{path} is {'new' if before is None else 'gone'}")
            continue
        old, new = texts(path)
        if old is None or new is None:
            changes.append(
                f"{path} has other words (the old text could not be had: {before[:19]}... was {after[:19]}...)"
            )
            continue
        if (diff := word_diff(old, new)) != "":
            changes.append(f"{path} has other words")
            diffs.append(f"{path}:\n{diff}")
    return changes, diffs


def _called(facts: Facts) -> str:
    return facts.license_name or facts.license or "none that is known"


def _gate(facts: Facts) -> str:
    if facts.gated is None:
        return "not known"
    return str(facts.gated) if facts.gated else "open"


def _short(revision: str | None) -> str:
    return revision[:12] if revision else "no revision"
