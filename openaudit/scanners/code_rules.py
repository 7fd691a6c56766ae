"""The facts of rules/code/: which files of a repository count, and what their names and lines say that they do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from openaudit.rule_files import RuleFile, rule_files
from openaudit.scanners.sieve import Sieve

KINDS = (
    *("pre-training", "fine-tuning", "inference", "evaluation", "data-preparation"),
    *("training", "architecture"),
)
"""What a sign can speak of; `training` does not tell whether it starts from given weights."""
PLACES = ("program", "script", "settings", "readme")
_SIGN_KEYS = ("id", "kind", "in", "sure", "patterns", "unless", "examples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Patterns of which one must be found, those that take the match back, and the kind of code they speak of.
    `place` is the kind of file whose lines are looked at, empty for the path itself."""

    id: str
    kind: str
    sure: bool
    found: Sieve
    unless: Sieve | None
    place: str = ""

    def search(self, text: str) -> re.Match[str] | None:
        """The first match that nothing takes back."""
        match = self.found.search(text)
        if match is None or (self.unless is not None and self.unless.search(text)):
            return None
        return match


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLibrary:
    """Code that many makers use; a workshop is one in which its own makers train models."""

    id: str
    match: re.Pattern[str]
    workshop: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules:
    """All of rules/code/, compiled."""

    code_ends: tuple[str, ...]
    settings_ends: tuple[str, ...]
    ignored: Sieve
    smallest_bytes: int
    paths: tuple[Sign, ...]
    texts: tuple[Sign, ...]
    libraries: tuple[CodeLibrary, ...]
    accounts: tuple[frozenset[str], ...]

    def library(self, name: str) -> CodeLibrary | None:
        """The known library that `owner/name` is."""
        return next((library for library in self.libraries if library.match.fullmatch(name)), None)


@cache
def load_code_rules(extra: tuple[Path, ...] = ()) -> CodeRules:
    """The facts of rules/code/, ours and those of the user's rule folders.

    Raises:
        PolicyError: a file is missing, or has an unknown key, a wrong type or value, or a broken pattern.
    """
    files = {file.path.stem: file for file in rule_files("code", extra)}
    for name in ("files", "paths", "texts", "libraries"):
        if name not in files:
            raise next(iter(files.values())).wrong(f"rules/code/{name}.yaml is missing beside it.")
    listed, libraries = files["files"], files["libraries"]
    return CodeRules(
        code_ends=_strings(listed, "code_ends"),
        settings_ends=_strings(listed, "settings_ends"),
        ignored=_any(listed, _strings(listed, "ignored"), "ignored"),
        smallest_bytes=_number(listed, "smallest_bytes"),
        paths=tuple(_signs(files["paths"], ())),
        texts=tuple(_signs(files["texts"], PLACES)),
        libraries=tuple(
            CodeLibrary(
                id=row["id"],
                match=_compile(libraries, row["match"], "libraries", i, "match"),
                workshop=row.get("workshop", False) is True,
            )
            for i, row in enumerate(_rows(libraries, "libraries", ("id", "match", "workshop")))
        ),
        accounts=tuple(
            frozenset(str(name).lower() for name in row) for row in libraries.value.get("accounts", ())
        ),
    )


def examples(extra: tuple[Path, ...] = ()) -> Iterator[tuple[str, str, bool, bool]]:
    """The examples of rules/code/: id, text, whether it must match, whether it does."""
    rules = load_code_rules(extra)
    signs = {f"code/{sign.id}": sign for sign in (*rules.paths, *rules.texts)}
    for file in rule_files("code", extra):
        for entry in file.value.get("signs", ()):
            name = f"code/{entry['id']}"
            for text, expected in _expected(entry.get("examples", {})):
                yield name, text, expected, signs[name].search(text) is not None
        for text, expected in _expected(file.value.get("examples", {})):
            found = (
                rules.library(text) is not None
                if file.path.stem == "libraries"
                else rules.ignored.search(text) is not None
            )
            yield f"code/{file.path.stem}", text, expected, found


def _expected(given: Any) -> Iterator[tuple[str, bool]]:
    for word in ("match", "pass"):
        for text in given.get(word, ()):
            yield str(text), word == "match"


def _signs(file: RuleFile, places: Sequence[str]) -> Iterator[Sign]:
    for i, row in enumerate(_rows(file, "signs", _SIGN_KEYS)):
        if row.get("kind") not in KINDS:
            raise file.wrong(f"one of {', '.join(KINDS)} is expected.", "signs", i, "kind")
        if (places and row.get("in") not in places) or not isinstance(row.get("sure"), bool):
            raise file.wrong("'in' or 'sure' is missing or wrong.", "signs", i)
        unless = row.get("unless")
        yield Sign(
            id=str(row["id"]),
            kind=row["kind"],
            sure=row["sure"],
            found=_any(file, row.get("patterns"), "signs", i, "patterns"),
            unless=_any(file, unless, "signs", i, "unless") if unless else None,
            place=row.get("in", ""),
        )


def _rows(file: RuleFile, table: str, allowed: Sequence[str]) -> list[dict[str, Any]]:
    rows = file.value.get(table)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
        raise file.wrong("a list of entries with an id is expected.", table)
    for i, row in enumerate(rows):
        for key in row:
            if key not in allowed:
                raise file.unknown_key(key, allowed, table, i)
    return rows


def _strings(file: RuleFile, key: str) -> tuple[str, ...]:
    value = file.value.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise file.wrong("a list of texts is expected.", key)
    return tuple(value)


def _number(file: RuleFile, key: str) -> int:
    value = file.value.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise file.wrong("a number is expected.", key)
    return value


def _any(file: RuleFile, patterns: Any, *keys: str | int) -> Sieve:
    if not isinstance(patterns, list | tuple) or not patterns:
        raise file.wrong("a list of patterns is expected.", *keys)
    for i, pattern in enumerate(patterns):
        _compile(file, pattern, *keys, i)
    return Sieve(re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE))


def _compile(file: RuleFile, pattern: Any, *keys: str | int) -> re.Pattern[str]:
    if not isinstance(pattern, str):
        raise file.wrong("a pattern is expected.", *keys)
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise file.wrong(f"broken pattern: {error}", *keys) from error
