"""One side of a comparison: a JSON report, and beside it what only an audit of this run has: file list and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openaudit.formats import wording
from openaudit.formats.permissions import Permission, permissions_of
from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.formats.terms import term_in_words
from openaudit.vocabulary import FileEntry, Grant, Verdict

_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """`document` is a report as `-f json` writes it; `files` the repository's list and `texts` its license texts by
    path, None where the report was read from a file and neither is known."""

    document: Mapping[str, Any]
    files: tuple[FileEntry, ...] | None = None
    texts: Mapping[str, str] | None = None

    # -------------------------------------------------- who

    @property
    def id(self) -> str:
        """The id of the target as the report spells it."""
        return clean_name(portable(text(mapping(self.document.get("target")).get("id"))))

    @property
    def subject(self) -> str:
        """`model`, `dataset`, or empty."""
        return text(mapping(self.document.get("target")).get("subject"))

    @property
    def revision(self) -> str:
        """The audited revision, empty where there is none."""
        return clean_name(text(mapping(self.document.get("target")).get("revision")))

    @property
    def url(self) -> str | None:
        """The address of the repository as the report has it."""
        return text(mapping(self.document.get("target")).get("url")) or None

    @property
    def name(self) -> str:
        """`org/name@revision`, a commit cut to twelve characters."""
        return f"{self.id}@{wording.short_revision(self.revision)}" if self.revision else self.id

    @property
    def failure(self) -> str:
        """Why nothing could be read of the target; empty where something was."""
        coverage, errors = mapping(self.document.get("coverage")), mappings(self.document.get("errors"))
        unread = self.document.get("score") is None and not coverage.get("read") and errors
        return clean(text(errors[0].get("message"))) or "could not be audited" if unread else ""

    # -------------------------------------------------- what

    @property
    def level(self) -> str:
        """The level id."""
        return text(self.document.get("level")) or "undetermined"

    @property
    def level_name(self) -> str:
        """The level as people say it."""
        return clean_name(text(self.document.get("level_name"))) or wording.spoken(self.level)

    @property
    def score(self) -> str:
        """The score in whole points; a dash where there is none."""
        score = self.document.get("score")
        return (
            wording.points(score) if isinstance(score, int | float) and not isinstance(score, bool) else "–"
        )

    @property
    def license(self) -> Mapping[str, Any]:
        """The license part of the report."""
        return mapping(self.document.get("license"))

    @property
    def license_name(self) -> str:
        """The license that binds, by id; or that there is none, or that it cannot be told."""
        effective = text(self.license.get("effective"))
        if effective:
            return wording.short_license(effective)
        return "none" if self.grant is Grant.UNLICENSED else "cannot be told"

    @property
    def grant(self) -> Grant:
        """What the license lets anyone do."""
        said = text(self.license.get("grant"))
        return Grant(said) if said in set(Grant) else Grant.UNDETERMINED

    @property
    def terms(self) -> dict[str, str]:
        """The limits and duties that bind: name to words, in the order of the report."""
        names = items(mapping(self.license.get("terms")).get("names"))
        return {clean_name(text(name)): term_in_words(text(name)) for name in names if text(name)}

    @property
    def gate(self) -> str:
        """Who can get the files, in a word."""
        gated = mapping(self.document.get("access")).get("gated")
        return {"auto": "gated", "manual": "gated by hand"}.get(
            text(gated), "not gated" if gated is False else "not known"
        )

    @property
    def dimensions(self) -> dict[str, str]:
        """Dimension id to status and points."""
        found = mapping(self.document.get("dimensions"))
        return {
            dimension.value: _dimension(mapping(found.get(dimension.value)))
            for dimension in wording.DIMENSION_NAMES
        }

    @property
    def components(self) -> dict[str, tuple[str, str]]:
        """Component id to its name and status."""
        return {
            text(each.get("id")): (
                clean_name(text(each.get("name")) or text(each.get("id"))),
                clean_name(text(each.get("status"))) or "unknown",
            )
            for each in mappings(self.document.get("components"))
            if text(each.get("id"))
        }

    @property
    def frameworks(self) -> dict[str, tuple[str, str]]:
        """Framework id to its name and its verdict in words; the spectrum is the level itself."""
        verdicts = [
            Verdict(framework=str(name), verdict=text(told.get("verdict")), decided_by=(), details=told)
            for name, told in list(mapping(self.document.get("frameworks")).items())[:20]
            if isinstance(told, Mapping) and name != "spectrum"
        ]
        return {
            verdict.framework: (wording.framework_name(verdict), wording.verdict_in_words(verdict))
            for verdict in verdicts
        }

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What anyone may do, from the report."""
        return permissions_of(self.document)

    @property
    def findings(self) -> tuple[Mapping[str, Any], ...]:
        """The findings of the report."""
        return tuple(mappings(self.document.get("findings")))

    @property
    def kin(self) -> dict[tuple[str, str], str]:
        """What it was made from and with: kind and id to how it is said."""
        return dict(self._kin())

    def _kin(self) -> Iterator[tuple[tuple[str, str], str]]:
        for key, kind in (("lineage", "base"), ("datasets", "dataset"), ("code", "code")):
            for each in mappings(self.document.get(key)):
                id_ = clean_name(text(each.get("id")))
                if id_:
                    yield (kind, id_.lower()), f"{kind} {id_}"


def _dimension(told: Mapping[str, Any]) -> str:
    status, score = clean_name(text(told.get("status"))) or "unknown", told.get("score")
    if (
        isinstance(score, int | float)
        and not isinstance(score, bool)
        and not (status == "unknown" and not score)
    ):
        return f"{status} ({wording.points(score)})"
    return status


# ---------------------------------------------------------------- values that nobody vouches for


def text(value: Any) -> str:
    """A string as it is; empty for everything else."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """An object as it is; an empty one for everything else."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """The first 500 of a list; none for everything else."""
    return list(value[:_MOST]) if isinstance(value, list | tuple) else []


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [each for each in items(value) if isinstance(each, Mapping)]
