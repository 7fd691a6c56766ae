"""What changed from one revision of a model to another: verdict, license, terms, words, files, findings, kin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from openaudit.formats import wording
from openaudit.formats.comparison.side import Side, text
from openaudit.formats.comparison.word_changes import WordChanges, word_changes
from openaudit.formats.permissions import QUESTIONS
from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.vocabulary import FileEntry, Grant

Direction = Literal["up", "down", "changed"]

_STATUSES = ("absent", "described", "unlicensed", "restricted", "open")
_GRANTS = (Grant.UNLICENSED, Grant.RESEARCH_ONLY, Grant.RESTRICTED, Grant.OPEN)
_PLACE = re.compile(r":\d+(?:[-–]\d+)?")
_MOST_FILES = 200
_NOT_KNOWN = (
    "A report file holds no file list and no license texts: name the revisions themselves to compare those."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value before and after. `direction` is up where more is open, down where less is, else just changed."""

    label: str
    before: str
    after: str
    direction: Direction = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A finding that is there on one side only."""

    severity: str
    message: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """A license text that is not the same any more: `path` before and after; `words` is None where the text is there
    on one side only."""

    before: str | None
    after: str | None
    words: WordChanges | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """Paths of the repository that came, went, or hold other bytes. `unproven` counts the files of which only names
    and sizes could be compared."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    unproven: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """All that changed between two sides. `files` and `texts` are None where they are not known; `note` says why."""

    before: str
    after: str
    verdict: str
    values: tuple[Change, ...]
    components: tuple[Change, ...]
    terms_added: tuple[str, ...]
    terms_removed: tuple[str, ...]
    findings_new: tuple[Remark, ...]
    findings_gone: tuple[Remark, ...]
    kin_added: tuple[str, ...]
    kin_removed: tuple[str, ...]
    texts: tuple[TextChange, ...] | None
    files: FileChanges | None
    note: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing that is known changed."""
        files = self.files
        return not (
            self.values
            or self.components
            or self.terms_added
            or self.terms_removed
            or self.findings_new
            or self.findings_gone
            or self.kin_added
            or self.kin_removed
            or self.texts
            or (files and (files.added or files.removed or files.changed))
        )


def changes_between(before: Side, after: Side) -> ChangeSet:
    """What changed from `before` to `after`. Pure; the order of everything is that of the reports."""
    old, new = before.terms, after.terms
    known = before.files is not None and after.files is not None
    return ChangeSet(
        before=before.name,
        after=after.name,
        verdict=_verdict(before, after),
        values=tuple(_values(before, after)),
        components=tuple(_components(before, after)),
        terms_added=tuple(words for name, words in new.items() if name not in old),
        terms_removed=tuple(words for name, words in old.items() if name not in new),
        findings_new=tuple(_only_in(after, before)),
        findings_gone=tuple(_only_in(before, after)),
        kin_added=tuple(said for key, said in after.kin.items() if key not in before.kin),
        kin_removed=tuple(said for key, said in before.kin.items() if key not in after.kin),
        texts=_texts(before, after),
        files=_files(before.files or (), after.files or ()) if known else None,
        note="" if known else _NOT_KNOWN,
    )


def _verdict(before: Side, after: Side) -> str:
    if before.failure or after.failure:
        return "One side could not be audited, so what changed cannot be told."
    direction = _level_direction(before.level, after.level)
    if before.level == after.level:
        words = f"The level stayed: {after.level_name}"
    elif direction == "changed":
        words = f"The level was {before.level_name} and is {after.level_name}"
    else:
        moved = "rose" if direction == "up" else "fell"
        words = f"The level {moved} from {before.level_name} to {after.level_name}"
    if before.license_name != after.license_name:
        words += f"; the license was {before.license_name} and is {after.license_name}"
    added, removed = set(after.terms) - set(before.terms), set(before.terms) - set(after.terms)
    if added or removed:
        words += f"; {len(added)} terms more, {len(removed)} fewer"
    return words + "."


def _values(before: Side, after: Side) -> Iterator[Change]:
    yield from _change(
        "Level", before.level_name, after.level_name, _level_direction(before.level, after.level)
    )
    yield from _change("Score", before.score, after.score)
    yield from _change("License", before.license_name, after.license_name)
    yield from _change(
        "Grant",
        wording.GRANT_NAMES[before.grant],
        wording.GRANT_NAMES[after.grant],
        _direction(_GRANTS, before.grant, after.grant),
    )
    yield from _change("Access", before.gate, after.gate)
    for dimension, name in wording.DIMENSION_NAMES.items():
        was, is_ = before.dimensions[dimension.value], after.dimensions[dimension.value]
        yield from _change(name, was, is_, _direction(_STATUSES, was.split(" ")[0], is_.split(" ")[0]))
    answers = {permission.ability: permission for permission in after.permissions}
    for permission in before.permissions:
        now = answers.get(permission.ability)
        if now is not None:
            direction = _direction(("no", "if", "yes"), permission.answer, now.answer)
            yield from _change(
                f"May I: {QUESTIONS[permission.ability].lower()}", permission.words, now.words, direction
            )
    for name in dict.fromkeys((*before.frameworks, *after.frameworks)):
        title = (before.frameworks.get(name) or after.frameworks[name])[0]
        yield from _change(
            title, before.frameworks.get(name, ("", "–"))[1], after.frameworks.get(name, ("", "–"))[1]
        )
    yield from _change("Rules", _rules(before), _rules(after))


def _rules(side: Side) -> str:
    tool = side.document.get("tool")
    return clean_name(text(tool.get("rules_version"))) if isinstance(tool, Mapping) else ""


def _change(label: str, before: str, after: str, direction: Direction = "changed") -> Iterator[Change]:
    if before != after:
        yield Change(label=label, before=before, after=after, direction=direction)


def _direction(ladder: tuple[object, ...], before: object, after: object) -> Direction:
    if before not in ladder or after not in ladder or before == after:
        return "changed"
    return "up" if ladder.index(after) > ladder.index(before) else "down"


def _level_direction(before: str, after: str) -> Direction:
    was, is_ = wording.step_of(before), wording.step_of(after)
    if was is None or is_ is None or was.number == is_.number:
        return "changed"
    return "up" if is_.number > was.number else "down"


def _components(before: Side, after: Side) -> Iterator[Change]:
    old, new = before.components, after.components
    for id_ in dict.fromkeys((*old, *new)):
        name, was = old.get(id_, (new.get(id_, (id_, ""))[0], "–"))
        is_ = new.get(id_, ("", "–"))[1]
        yield from _change(name, was, is_, _direction(_STATUSES, was, is_))


def _only_in(side: Side, other: Side) -> Iterator[Remark]:
    """The findings of one side that the other has not; a finding that only moved to other lines is the same."""
    there = {_same(finding) for finding in other.findings}
    for finding in side.findings:
        if _same(finding) not in there:
            yield Remark(
                severity=clean_name(text(finding.get("severity"))),
                message=clean(text(finding.get("message"))),
                rule=clean_name(text(finding.get("rule"))),
            )


def _same(finding: Mapping[str, object]) -> tuple[str, str, str]:
    return (
        text(finding.get("rule")),
        text(finding.get("component")),
        _PLACE.sub("", text(finding.get("message"))),
    )


# ---------------------------------------------------------------- texts and files


def _texts(before: Side, after: Side) -> tuple[TextChange, ...] | None:
    """The license texts that differ, paired by path; one left over on each side is a renamed one."""
    if before.texts is None or after.texts is None:
        return None
    pairs: list[tuple[str | None, str | None]] = [(p, p) for p in before.texts if p in after.texts]
    gone = [path for path in before.texts if path not in after.texts]
    came = [path for path in after.texts if path not in before.texts]
    if len(gone) == 1 and len(came) == 1:
        pairs.append((gone[0], came[0]))
    else:
        pairs += [*((path, None) for path in gone), *((None, path) for path in came)]
    return tuple(_text_changes(pairs, before.texts, after.texts))


def _text_changes(
    pairs: list[tuple[str | None, str | None]], old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[TextChange]:
    for was, is_ in pairs[:20]:
        names = (_shown(was), _shown(is_))
        if was is None or is_ is None:
            yield TextChange(before=names[0], after=names[1], words=None)
            continue
        words = word_changes(old[was], new[is_])
        if words.hunks or was != is_:
            yield TextChange(before=names[0], after=names[1], words=words)


def _shown(path: str | None) -> str | None:
    return None if path is None else clean_name(portable(path))


def _files(before: tuple[FileEntry, ...], after: tuple[FileEntry, ...]) -> FileChanges:
    old, new = {entry.path: entry for entry in before}, {entry.path: entry for entry in after}
    both = [path for path in old if path in new]
    return FileChanges(
        added=_names(path for path in new if path not in old),
        removed=_names(path for path in old if path not in new),
        changed=_names(path for path in both if _other_bytes(old[path], new[path])),
        unproven=sum(1 for path in both if not _proven(old[path], new[path])),
    )


def _names(paths: Iterator[str]) -> tuple[str, ...]:
    listed = sorted(paths)
    more = len(listed) - _MOST_FILES
    shown = tuple(clean_name(path) for path in listed[:_MOST_FILES])
    return (*shown, f"… and {more} more") if more > 0 else shown


def _other_bytes(one: FileEntry, two: FileEntry) -> bool:
    if _proven(one, two):
        return one.digest != two.digest
    sizes = (one.size_bytes, two.size_bytes)
    return None not in sizes and sizes[0] != sizes[1]


def _proven(one: FileEntry, two: FileEntry) -> bool:
    """Whether both digests are known and of one kind."""
    if one.digest is None or two.digest is None:
        return False
    return one.digest.partition(":")[0] == two.digest.partition(":")[0]
