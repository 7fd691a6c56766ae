"""Tell which licenses a text is, word for word, and what was changed in them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from openaudit.licenses.align import Hunk, align
from openaudit.licenses.expression import conjunction, later_where_said, with_exceptions
from openaudit.licenses.grammar import Reader
from openaudit.licenses.identification import Edit, Identification, Match
from openaudit.licenses.index import Index, License, Reference, shipped_index
from openaudit.licenses.judge import MONTHS, Judgement, judge
from openaudit.licenses.lexicon import limits, speaks_of_permission
from openaudit.licenses.references import Naming, find_namings
from openaudit.licenses.segments import Segments, find_segments
from openaudit.licenses.words import Words, read_words, sentences

__all__ = ["identify", "identify_with"]

MODIFIED: Final = "LicenseRef-openaudit-modified-"
UNKNOWN_VERSION: Final = "LicenseRef-openaudit-{family}-unknown-version"
MAX_EDITS: Final = 200
"""Edits reported of one license and side; a text with more is hardly that license."""

_CONTEXT: Final = 6
_HEADER_WORDS: Final = 60
_WORDS_IN_EDIT: Final = 400


def identify(text: str) -> Identification:
    """Which licenses `text` holds or names, judged against the shipped index.

    The same text gives the same answer. Never raises for any text; only the first `words.MAX_WORDS` words of
    a longer one are read, and the confidence says so.

    Raises:
        LicenseError: the shipped index is missing or damaged.
    """
    return identify_with(text, shipped_index())


def identify_with(text: str, index: Index) -> Identification:
    """Like `identify`, with another index."""
    words = read_words(text)
    segments = find_segments(words, index)
    namings = find_namings(words, segments.rest, index)
    additions = _additions(words, segments, namings)
    found = [
        _Found(judgement=judgement, extra=tuple(additions.get(place, ())), words=words, index=index)
        for place, judgement in enumerate(segments.texts)
    ]
    matches = [one.match() for one in found]
    stated = [_named_match(naming, words, index) for naming in namings]
    expression = _expression(found, matches, namings, index)
    every = sorted([*matches, *stated], key=lambda match: (match.lines, match.id))
    return Identification(
        expression=expression, matches=tuple(every), confidence=_confidence(matches, stated, words)
    )


def _additions(words: Words, segments: Segments, namings: Sequence[Naming]) -> dict[int, list[Hunk]]:
    """Sentences outside all texts that grant or restrict, filed under the text that they stand next to."""
    texts = [place for place, judgement in enumerate(segments.texts) if not judgement.reference.is_notice]
    if not texts:
        return {}
    near = sum(high - low for low, high in segments.rest)
    filed: dict[int, list[Hunk]] = {}
    for low, high in segments.rest:
        for start, end in sentences(words, low, high):
            named = any(start <= naming.start < end for naming in namings if naming.kind == "reference")
            if named and not limits(words.words[start:end]):
                continue
            if speaks_of_permission(words.words[start:end], near=near):
                owner = _owner(segments, texts, start)
                stop = len(segments.texts[owner].reference.words)
                filed.setdefault(owner, []).append(Hunk(text_start=start, text_end=end, start=stop, end=stop))
    return filed


def _owner(segments: Segments, texts: list[int], start: int) -> int:
    """The text around or before a place, else the first one after it."""
    before = [place for place in texts if segments.texts[place].start <= start]
    return before[-1] if before else texts[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One text or notice on its way to a match."""

    judgement: Judgement
    extra: tuple[Hunk, ...]
    words: Words
    index: Index

    @property
    def license(self) -> License:
        return self.index.license(self.judgement.reference.license)

    @property
    def is_changed(self) -> bool:
        return bool(self.judgement.edits or self.extra) and not self.judgement.reference.is_notice

    def match(self) -> Match:
        license, judgement = self.license, self.judgement
        hunks = [] if judgement.reference.is_notice else [*judgement.edits, *self.extra]
        added, removed = self._edits(judgement.reference, hunks)
        id_, base = license.id, None
        if self.is_changed:
            id_, base = self._changed_id()
        elif license.modifies:
            base = license.modifies
            added, removed = self._against_base(license.modifies, added, removed)
        words = self.words
        return Match(
            id=id_,
            key=license.key,
            spdx=license.spdx if not self.is_changed else None,
            name=license.name,
            family=license.family,
            kind="reference" if judgement.reference.is_notice else "text",
            coverage=round(judgement.coverage, 4),
            similarity=round(judgement.similarity, 4),
            modified=self.is_changed or license.modifies is not None,
            base=base,
            added=added,
            removed=removed,
            lines=(words.lines[judgement.start], words.lines[max(judgement.start, judgement.end - 1)]),
        )

    def _changed_id(self) -> tuple[str, str]:
        """The id of a changed text, and the license that was changed."""
        license = self.license
        base = license.modifies or license.id
        if license.modifies is None and license.family and self._is_other_version():
            return UNKNOWN_VERSION.format(family=license.family), base
        return MODIFIED + base, base

    def _is_other_version(self) -> bool:
        """Whether the text says itself that it is another version: its heading, its date, or a name throughout."""
        reference = self.judgement.reference
        names = _names_of(self.license)
        changes: Counter[tuple[str, str]] = Counter()
        for hunk in self.judgement.edits:
            removed = [self.index.word(number) for number in reference.words[hunk.start : hunk.end]]
            added = self.words.words[hunk.text_start : hunk.text_end]
            if not removed or not added or len(removed) > 8 or len(added) > 8:
                continue
            changes[" ".join(removed), " ".join(added)] += 1
            if hunk.start < _HEADER_WORDS and (
                (_is_version(removed) and _is_version(added)) or names & set(removed)
            ):
                return True
        title = reference.title
        retitled = any(
            hunk.start < title[1] and hunk.text_end > hunk.text_start for hunk in self.judgement.edits
        )
        return retitled or any(count >= 3 for count in changes.values())

    def _against_base(
        self, base: str, added: tuple[Edit, ...], removed: tuple[Edit, ...]
    ) -> tuple[tuple[Edit, ...], tuple[Edit, ...]]:
        """For a text that openly changes a standard license: the changes, seen from that license."""
        judgement = self.judgement
        numbers = self.index.numbers(self.words.words)
        best: Judgement | None = None
        for reference in _texts_of(base, self.index):
            runs = align(numbers, judgement.start, judgement.end, reference)
            if not runs:
                continue
            reader = Reader(words=self.words.words, numbers=numbers, reference=reference, index=self.index)
            judged = judge(reader, self.words, runs, judgement.start, judgement.end)
            if best is None or judged.worth > best.worth:
                best = judged
        if best is None:
            return added, removed
        size = len(best.reference.words)
        after = sentences(self.words, best.end, judgement.end)
        extra = [Hunk(text_start=start, text_end=end, start=size, end=size) for start, end in after]
        return self._edits(best.reference, [*best.edits, *extra])

    def _edits(
        self, reference: Reference, hunks: Sequence[Hunk]
    ) -> tuple[tuple[Edit, ...], tuple[Edit, ...]]:
        ordered = sorted(hunks, key=lambda hunk: (hunk.text_start, hunk.start))
        added = [
            self._edit(" ".join(self.words.words[hunk.text_start : hunk.text_end][:_WORDS_IN_EDIT]), hunk)
            for hunk in ordered
            if hunk.text_end > hunk.text_start
        ]
        removed = [
            self._edit(
                " ".join(map(self.index.word, reference.words[hunk.start : hunk.end][:_WORDS_IN_EDIT])), hunk
            )
            for hunk in ordered
            if hunk.end > hunk.start
        ]
        return tuple(added[:MAX_EDITS]), tuple(removed[:MAX_EDITS])

    def _edit(self, changed: str, hunk: Hunk) -> Edit:
        words = self.words
        place = min(hunk.text_start, len(words.words) - 1)
        return Edit(
            words=changed,
            line=words.lines[place],
            before=" ".join(words.words[max(0, hunk.text_start - _CONTEXT) : hunk.text_start]),
            after=" ".join(words.words[hunk.text_end : hunk.text_end + _CONTEXT]),
        )


_COMMON_IN_NAMES: Final = frozenset(
    "license agreement community model models the of and terms use research non commercial open data source policy acceptable ai for"
    " series code general rail m zh en a an modified research".split()
)


def _names_of(license: License) -> set[str]:
    """The words of a license's name that only its product has."""
    return set(re.findall(r"[a-z]{3,}", f"{license.name} {license.key}".lower())) - _COMMON_IN_NAMES


def _is_version(words: Sequence[str]) -> bool:
    return any(word[0].isdigit() or word in MONTHS for word in words)


def _texts_of(id_: str, index: Index) -> list[Reference]:
    """The reference texts of one license."""
    return [
        index.reference(number)
        for number in range(len(index))
        if index.license(index.license_of(number)).id == id_ and not index.reference(number).is_notice
    ]


def _named_match(naming: Naming, words: Words, index: Index) -> Match:
    license = index.license(naming.license)
    return Match(
        id=license.id,
        key=license.key,
        spdx=license.spdx,
        name=license.name,
        family=license.family,
        kind=naming.kind,
        coverage=0.0,
        similarity=0.0,
        modified=False,
        base=None,
        added=(),
        removed=(),
        lines=(words.lines[naming.start], words.lines[naming.end - 1]),
    )


def _expression(
    found: Sequence[_Found], matches: Sequence[Match], namings: Sequence[Naming], index: Index
) -> str | None:
    """Texts, notices and strong statements; bare names and addresses only where there is nothing else."""
    notices = [match.id for match in matches if match.kind == "reference"]
    parts = [(match.id, one.license.exception) for one, match in zip(found, matches, strict=True)]
    quoted = {id_ for match in matches for id_ in (match.id, match.base)}
    parts += [
        (naming.expression, _is_exception(naming, index))
        for naming in namings
        if naming.strong and naming.expression not in quoted
    ]
    if not parts:
        parts = [(naming.expression, False) for naming in namings]
    named = [*notices, *(naming.expression for naming in namings)]
    return conjunction(later_where_said(with_exceptions(parts), named))


def _is_exception(naming: Naming, index: Index) -> bool:
    license = index.license(naming.license)
    return license.exception and naming.expression == license.id


def _confidence(matches: Sequence[Match], stated: Sequence[Match], words: Words) -> float:
    texts = [match for match in matches if match.kind == "text"]
    if texts:
        certain = min(1.0 if not match.added and not match.removed else match.similarity for match in texts)
    elif matches:
        certain = 0.9
    else:
        certain = 0.8 if any(match.kind == "reference" for match in stated) else 0.5 if stated else 0.0
    return round(certain * (0.5 if words.cut else 1.0), 4)
