"""Reports in columns, row by row, with the rows that differ marked; and for one model what changed each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from openaudit.formats import wording
from openaudit.formats.comparison.changes import ChangeSet, changes_between
from openaudit.formats.comparison.side import Side, mapping, mappings, text
from openaudit.formats.permissions import QUESTIONS
from openaudit.formats.safe_text import clean_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question, and what each side answers."""

    label: str
    cells: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the sides do not all say the same."""
        return len(set(self.cells)) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Sides in the order given, their rows, and the changes from each side to the next where all are one model."""

    sides: tuple[Side, ...]
    groups: tuple[Group, ...]
    changes: tuple[ChangeSet, ...]

    @property
    def title(self) -> str:
        """What is compared, in a line."""
        if self.changes:
            return f"{self.sides[0].id}: {len(self.sides)} revisions"
        return f"{len(self.sides)} side by side"


def compare(sides: Sequence[Side]) -> Comparison:
    """The comparison of two sides or more. Pure: the same sides give the same comparison."""
    one_model = len({(side.subject, side.id.lower()) for side in sides}) == 1 and len(sides) > 1
    return Comparison(
        sides=tuple(sides),
        groups=tuple(group for group in _groups(sides) if group.rows),
        changes=tuple(changes_between(one, two) for one, two in pairwise(sides)) if one_model else (),
    )


def _groups(sides: Sequence[Side]) -> Iterator[Group]:
    yield Group(title="Verdict", rows=tuple(_verdict(sides)))
    yield Group(
        title="Four dimensions",
        rows=tuple(
            Row(label=name, cells=tuple(side.dimensions[dimension.value] for side in sides))
            for dimension, name in wording.DIMENSION_NAMES.items()
        ),
    )
    yield Group(title="What you may do", rows=tuple(_permissions(sides)))
    yield Group(title="Limits and duties", rows=tuple(_terms(sides)))
    yield Group(title="Components", rows=tuple(_components(sides)))
    yield Group(title="Frameworks", rows=tuple(_frameworks(sides)))
    yield Group(title="Made from and with", rows=tuple(_kin(sides)))
    yield Group(title="Findings", rows=tuple(_findings(sides)))
    yield Group(title="Where this comes from", rows=tuple(_provenance(sides)))


def _verdict(sides: Sequence[Side]) -> Iterator[Row]:
    yield Row(
        label="Level",
        cells=tuple("could not be audited" if side.failure else side.level_name for side in sides),
    )
    yield Row(label="License", cells=tuple(side.license_name for side in sides))
    yield Row(label="It grants", cells=tuple(wording.GRANT_NAMES[side.grant] for side in sides))
    yield Row(label="Access", cells=tuple(side.gate for side in sides))
    yield Row(label="Score", cells=tuple(side.score for side in sides))


def _permissions(sides: Sequence[Side]) -> Iterator[Row]:
    answers = [{permission.ability: permission.words for permission in side.permissions} for side in sides]
    for ability, question in QUESTIONS.items():
        cells = tuple(each.get(ability, "–") for each in answers)
        if set(cells) != {"–"}:
            yield Row(label=question, cells=cells)


def _terms(sides: Sequence[Side]) -> Iterator[Row]:
    for name in dict.fromkeys(name for side in sides for name in side.terms):
        words = next(side.terms[name] for side in sides if name in side.terms)
        yield Row(
            label=words[:1].upper() + words[1:], cells=tuple("yes" if name in s.terms else "–" for s in sides)
        )


def _components(sides: Sequence[Side]) -> Iterator[Row]:
    found = [side.components for side in sides]
    for id_ in dict.fromkeys(id_ for each in found for id_ in each):
        name = next(each[id_][0] for each in found if id_ in each)
        yield Row(label=name, cells=tuple(each.get(id_, ("", "–"))[1] for each in found))


def _frameworks(sides: Sequence[Side]) -> Iterator[Row]:
    found = [side.frameworks for side in sides]
    for id_ in dict.fromkeys(id_ for each in found for id_ in each):
        name = next(each[id_][0] for each in found if id_ in each)
        yield Row(label=name, cells=tuple(each.get(id_, ("", "–"))[1] for each in found))


def _kin(sides: Sequence[Side]) -> Iterator[Row]:
    for kind, label in (("base", "Made from"), ("dataset", "Datasets"), ("code", "Code")):
        cells = tuple(_listed([key[1] for key in side.kin if key[0] == kind], side, kind) for side in sides)
        if set(cells) != {"–"}:
            yield Row(label=label, cells=cells)


def _listed(ids: list[str], side: Side, kind: str) -> str:
    names = [side.kin[kind, id_].partition(" ")[2] for id_ in ids]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more if names else "–"


def _findings(sides: Sequence[Side]) -> Iterator[Row]:
    yield Row(
        label="Contradictions of licenses",
        cells=tuple(str(len(mappings(side.license.get("conflicts")))) for side in sides),
    )
    for severity in ("critical", "warning", "note"):
        cells = tuple(str(sum(1 for f in side.findings if f.get("severity") == severity)) for side in sides)
        yield Row(label=severity.capitalize(), cells=cells)


def _provenance(sides: Sequence[Side]) -> Iterator[Row]:
    yield Row(label="Revision", cells=tuple(side.revision or "–" for side in sides))
    yield Row(
        label="Audited",
        cells=tuple(
            clean_name(text(mapping(s.document.get("target")).get("resolved_at"))) or "–" for s in sides
        ),
    )
    yield Row(
        label="Rules",
        cells=tuple(
            clean_name(text(mapping(s.document.get("tool")).get("rules_version"))) or "–" for s in sides
        ),
    )
    yield Row(label="Seen", cells=tuple(_seen(mapping(side.document.get("coverage"))) for side in sides))


def _seen(coverage: object) -> str:
    told = mapping(coverage)
    read, expected = told.get("read"), told.get("expected")
    return f"{read} of {expected} documents" if isinstance(read, int) and isinstance(expected, int) else "–"
