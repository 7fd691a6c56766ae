"""Conditions of a policy: CEL over the JSON report, bounded in what they may cost, never a pass when they fail to run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from openaudit.gate.shape import nearest

LONGEST = 2_000
_MOST_NESTED = 3
_MOST_STEPS = 1_000_000
_REPORT_KEYS = (
    *("schema_version", "tool", "target", "level", "level_name", "band", "score", "headline", "reasons"),
    *("dimensions", "access", "coverage", "license", "claims", "components", "lineage", "datasets", "code"),
    *("artifacts", "frameworks", "findings", "improvements", "errors"),
)
VARIABLES = (*_REPORT_KEYS, "report", "use", "model")
"""What a condition may name: the keys of the report, the whole report, the declared use, the target as written."""

_LITERAL = re.compile(
    r"[rR]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|//[^\n]*",
    re.DOTALL,
)
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter|sortBy|reduce|transform\w*)\s*\(|[()]")
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_FUNCTIONS = (
    *(
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "has",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
    ),
    *(
        "bool",
        "dyn",
        "type",
        "min",
        "max",
        "timestamp",
        "duration",
        "all",
        "exists",
        "exists_one",
        "map",
        "filter",
    ),
    *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfYear", "getDayOfWeek", "getHours"),
)
_SYNTAX = re.compile(r"<input>:(\d+):(\d+): (.*)")


class _Program(Protocol):
    def variables(self) -> Sequence[str]: ...

    def functions(self) -> Sequence[str]: ...

    def execute(self, context: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with an expression, and what to do about it."""

    message: str
    hint: str = ""


class ConditionError(Exception):
    """A condition that gave no answer."""


def fault_in(when: str) -> Fault | None:
    """What is wrong with the text of a condition; None where it can be run."""
    if len(when) > LONGEST:
        return Fault(message=f"longer than {LONGEST} characters.")
    if _nested(when) > _MOST_NESTED:
        return Fault(message=f"more than {_MOST_NESTED} macros (exists, all, map ...) inside one another.")
    try:
        program = _compiled(when)
    except ValueError as error:
        return Fault(message=_syntax(str(error)), hint="See https://cel.dev for the language.")
    mine = {*VARIABLES, *_LOOP.findall(_LITERAL.sub("''", when))}
    for name in sorted(set(program.variables()) - mine):
        return Fault(message=f"CEL: there is no variable '{name}'.", hint=nearest(name, VARIABLES))
    called = {name for name in program.functions() if name.isidentifier() and not name.startswith("_")}
    for name in sorted(called - set(_FUNCTIONS)):
        return Fault(message=f"CEL: there is no function '{name}'.", hint=nearest(name, _FUNCTIONS))
    return None


def holds(when: str, report: Mapping[str, Any], use: Mapping[str, Any], model: str) -> bool:
    """Whether the condition is true of a report.

    Raises:
        ConditionError: it could not be evaluated, is not true or false, or would take too long.
    """
    program = _compiled(when)
    known = {**{key: report.get(key) for key in _REPORT_KEYS}, "report": report, "use": use, "model": model}
    context = {name: known[name] for name in program.variables() if name in known}
    most = max(_longest_list(context), when.count(",") + 1)
    if most ** _nested(when) > _MOST_STEPS:
        raise ConditionError(f"its macros would run over lists of {most} items inside one another")
    try:
        answer = program.execute(context)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        raise ConditionError(_said(error)) from error
    if not isinstance(answer, bool):
        raise ConditionError(f"it gives {type(answer).__name__}, not true or false")
    return answer


@lru_cache(maxsize=256)
def _compiled(when: str) -> _Program:
    """Imported here: the package loads a command line of its own. Raises: ValueError for what is no CEL."""
    program: _Program = import_module("cel").compile(when)
    return program


def _syntax(message: str) -> str:
    found = _SYNTAX.search(message)
    if found is None:
        return f"no CEL: {message.splitlines()[0][:200]}"
    return f"no CEL: line {found[1]}, column {found[2]}: {found[3][:160]}"


def _said(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"there is no key {error}; test for it with has()"
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


def _nested(when: str) -> int:
    """How deep macros that walk over a list stand inside one another."""
    bare = _LITERAL.sub("''", when)
    open_: list[bool] = []
    deepest = 0
    for found in _MACRO.finditer(bare):
        if found[0] == ")":
            if open_:
                open_.pop()
            continue
        open_.append(found[0] != "(")
        deepest = max(deepest, sum(open_))
    return deepest


def _longest_list(value: Any) -> int:
    return max(_lengths(value), default=1)


def _lengths(value: Any, depth: int = 0) -> Iterator[int]:
    """The lengths of all lists and mappings in a report, which is bounded in depth and width when it is made."""
    if isinstance(value, Mapping):
        yield len(value)
        for item in value.values():
            yield from _lengths(item, depth + 1)
    elif isinstance(value, list | tuple):
        yield len(value)
        for item in value:
            yield from _lengths(item, depth + 1)
