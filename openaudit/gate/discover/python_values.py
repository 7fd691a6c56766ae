"""The strings that an expression can stand for, followed through constants, variables, fields, defaults and parameters."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.gate.discover.python_index import Import, Index, Scope, dotted_name, last_name, scopes_of

LAST_LINE = 1_000_000_000
"""The line of a use that comes after everything: that of another module."""
_MOST_STEPS = 400
_MOST_VALUES = 200
_DEEPEST = 10
_MOST_COMPOSED = 16
_PASSES_ON = frozenset("str strip lower rstrip lstrip cast list tuple set sorted reversed enumerate".split())
_DEFAULTS = frozenset("Field field Option Argument Query Form Body config env Input Parameter".split())
_LOOKUPS = frozenset({"get", "getenv", "pop", "setdefault", "getattr", "env", "config"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A string, where it is written, and whether it was put together from parts."""

    text: str
    line: int
    column_bytes: int
    composed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A name that another module binds; `attribute` where a field of it is meant."""

    imported: Import
    name: str
    attribute: str = ""


class Values:
    """Answers for one module, within a number of steps per question: hostile code cannot make it long."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._steps = 0

    def of(self, node: ast.expr, scope: Scope, *, elements: int = 0) -> list[Value | Elsewhere]:
        """What `node` can be; with `elements`, what it holds: 1 for a list, 2 for a list of tuples."""
        self._steps = 0
        found: dict[Value | Elsewhere, None] = {}
        for value in self._of(node, scope, elements, 0):
            found[value] = None
            if len(found) >= _MOST_VALUES:
                break
        return list(found)

    def _of(self, node: ast.expr, scope: Scope, elements: int, depth: int) -> Iterator[Value | Elsewhere]:
        self._steps += 1
        if depth > _DEEPEST or self._steps > _MOST_STEPS:
            return
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield Value(text=node.value, line=node.lineno, column_bytes=node.col_offset)
        elif isinstance(node, ast.Name):
            yield from self._of_name(node, scope, elements, depth)
        elif isinstance(node, ast.Attribute):
            yield from self._of_attribute(node, scope, elements, depth)
        elif isinstance(node, ast.Call):
            yield from self._of_call(node, scope, elements, depth)
        elif isinstance(node, ast.JoinedStr | ast.BinOp):
            yield from self._composed(node, scope, depth)
        else:
            for part, inner in _alternatives(node, elements):
                yield from self._of(part, scope, inner, depth + 1)

    def _of_name(
        self, node: ast.Name, scope: Scope, elements: int, depth: int
    ) -> Iterator[Value | Elsewhere]:
        for where in scopes_of(scope):
            found = False
            for value in _still_bound(where, node, where is scope):
                found = True
                yield from self._of(value, where, elements, depth + 1)
            for value in where.items.get(node.id, ()):
                found = True
                yield from self._of(value, where, elements + 1, depth + 1)
            if (place := _parameter(where, node.id)) is not None:
                found = True
                yield from self._arguments(where, node.id, place, elements, depth)
                for value in self._index.module.names.get("option:" + node.id, ()):
                    yield from self._of(value, self._index.module, elements, depth + 1)
            if found:
                return
        if (imported := self._index.imports.get(node.id)) is not None and imported.name:
            yield Elsewhere(imported=imported, name=imported.name)

    def _arguments(
        self, scope: Scope, name: str, place: int, elements: int, depth: int
    ) -> Iterator[Value | Elsewhere]:
        """What the calls of this module give for a parameter."""
        function = scope.function
        called = scope.owner if getattr(function, "name", "") == "__init__" else getattr(function, "name", "")
        for call, where in self._index.calls_to.get(called, ())[:20]:
            given = next((k.value for k in call.keywords if k.arg == name), None)
            if given is None and 0 <= place < len(call.args):
                given = call.args[place]
            if given is not None and not isinstance(given, ast.Starred):
                yield from self._of(given, where, elements, depth + 2)

    def _of_attribute(
        self, node: ast.Attribute, scope: Scope, elements: int, depth: int
    ) -> Iterator[Value | Elsewhere]:
        if node.attr in ("value", "name") and isinstance(node.value, ast.Attribute):  # a member of an Enum
            yield from self._of(node.value, scope, elements, depth + 1)
            return
        parts = dotted_name(node)
        imported = self._index.imports.get(".".join(parts[:-1])) or self._index.imports.get(parts[0])
        if imported is not None and len(parts) >= 2:
            if not imported.name:
                yield Elsewhere(imported=imported, name=node.attr)
            else:
                yield Elsewhere(imported=imported, name=imported.name, attribute=node.attr)
            return
        for value, where in self._index.attributes.get(node.attr, ())[:12]:
            yield from self._of(value, where, elements, depth + 1)

    def _of_call(
        self, node: ast.Call, scope: Scope, elements: int, depth: int
    ) -> Iterator[Value | Elsewhere]:
        name = last_name(node.func)
        inner: list[ast.expr] = []
        if name in _DEFAULTS:
            inner = [k.value for k in node.keywords if k.arg == "default"]
            factory = [k.value for k in node.keywords if k.arg == "default_factory"]
            inner += [f.body for f in factory if isinstance(f, ast.Lambda)]
            inner = inner or node.args[:1]
        if name in _LOOKUPS and len(node.args) + len(node.keywords) > 1:
            inner = node.args[2:3] if name == "getattr" else node.args[1:2]
            inner = inner or [k.value for k in node.keywords if k.arg == "default"]
        elif name in _PASSES_ON:
            taken = isinstance(node.func, ast.Attribute)
            inner = [node.func.value] if taken and isinstance(node.func, ast.Attribute) else node.args[-1:]
        elif name in ("items", "values", "keys") and isinstance(node.func, ast.Attribute):
            inner = [node.func.value]
        elif name == "format" and isinstance(node.func, ast.Attribute):
            yield from self._formatted(node, node.func.value, scope, depth)
        for part in inner:
            yield from self._of(part, scope, elements, depth + 1)

    def _composed(self, node: ast.JoinedStr | ast.BinOp, scope: Scope, depth: int) -> Iterator[Value]:
        parts = _pieces(node)
        if parts is None:
            return
        choices: list[list[str]] = []
        for part in parts:
            texts = [part] if isinstance(part, str) else self._texts(part, scope, depth)
            if not texts:
                return
            choices.append(texts[:_MOST_COMPOSED])
        for combination in itertools.islice(itertools.product(*choices), _MOST_COMPOSED):
            yield Value(
                text="".join(combination), line=node.lineno, column_bytes=node.col_offset, composed=True
            )

    def _formatted(self, node: ast.Call, pattern: ast.expr, scope: Scope, depth: int) -> Iterator[Value]:
        """`"org/{}-{size}".format("x", size="7b")` where all of it is known."""
        for template in self._texts(pattern, scope, depth)[:2]:
            filled = template
            for each in node.args:
                filled = filled.replace("{}", next(iter(self._texts(each, scope, depth)), "{?}"), 1)
            for keyword in node.keywords:
                text = next(iter(self._texts(keyword.value, scope, depth)), "{?}")
                filled = filled.replace("{" + str(keyword.arg) + "}", text)
            if "{" not in filled and len(filled) < 400:
                yield Value(text=filled, line=node.lineno, column_bytes=node.col_offset, composed=True)

    def _texts(self, node: ast.expr, scope: Scope, depth: int) -> list[str]:
        return [
            v.text for v in self._of(node, scope, 0, depth + 1) if isinstance(v, Value) and len(v.text) < 400
        ]


def _still_bound(scope: Scope, use: ast.Name, is_own: bool) -> list[ast.expr]:
    """The bindings that can hold where a name is used: none before the last firm one, of the scope's own none after it."""
    bound = scope.names.get(use.id, [])
    if len(bound) < 2:
        return bound
    before = (
        [value for value in bound if value.lineno < use.lineno]
        if is_own or use.lineno == LAST_LINE
        else bound
    )
    firm = max((value.lineno for value in before if value.lineno in scope.firm), default=0) if is_own else 0
    return [value for value in before if value.lineno >= firm] or bound


def _alternatives(node: ast.expr, elements: int) -> Iterator[tuple[ast.expr, int]]:
    """The parts that a choice, an item or a collection can be; `elements` is how deep into collections is asked."""
    if isinstance(node, ast.IfExp):
        yield from ((node.body, elements), (node.orelse, elements))
    elif isinstance(node, ast.BoolOp):
        yield from ((value, elements) for value in node.values)
    elif isinstance(node, ast.NamedExpr | ast.Await | ast.Starred):
        yield node.value, elements
    elif isinstance(node, ast.Subscript):
        yield from _item(node, elements)
    elif isinstance(node, ast.List | ast.Tuple | ast.Set) and elements:
        yield from ((each, elements - 1) for each in node.elts)
    elif isinstance(node, ast.Dict) and elements:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                yield key, 0
            yield value, elements - 1
            if isinstance(value, ast.Dict | ast.List | ast.Tuple):
                yield value, elements


def _item(node: ast.Subscript, elements: int) -> Iterator[tuple[ast.expr, int]]:
    """`{"small": "org/a"}["small"]` is one value, `MODELS[size]` any of them."""
    if isinstance(node.value, ast.Dict) and isinstance(node.slice, ast.Constant):
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == node.slice.value:
                yield value, elements
        return
    yield node.value, elements + 1


def _pieces(node: ast.JoinedStr | ast.BinOp) -> list[str | ast.expr] | None:
    """The parts of an f-string or a sum, in order; None where it is something else."""
    if isinstance(node, ast.JoinedStr):
        pieces: list[str | ast.expr] = []
        for value in node.values[:12]:
            if isinstance(value, ast.Constant):
                pieces.append(str(value.value))
            elif isinstance(value, ast.FormattedValue) and value.format_spec is None:
                pieces.append(value.value)
            else:
                return None
        return pieces
    if isinstance(node.op, ast.Add):
        return [node.left, node.right]
    if (
        isinstance(node.op, ast.Mod)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
    ):
        parts = node.left.value.split("%s")
        given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        if len(parts) != len(given) + 1:
            return None
        mixed: list[str | ast.expr] = [parts[0]]
        for expression, part in zip(given, parts[1:], strict=True):
            mixed += [expression, part]
        return mixed
    return None


def _parameter(scope: Scope, name: str) -> int | None:
    """The place of a parameter in a call, not counting `self`; -1 for one that is given by name only."""
    function = scope.function
    if function is None:
        return None
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    if name in names:
        return names.index(name) - (1 if names[0] in ("self", "cls") else 0)
    return -1 if any(a.arg == name for a in function.args.kwonlyargs) else None
