"""One pass over a Python syntax tree: its calls, what its names are bound to, and its strings. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

_MOST_NODES = 2_000_000
_MOST_BINDINGS = 12

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True, eq=False)
class Scope:
    """What the names of one function, class or module are bound to; `function` where it is one."""

    parent: Scope | None = None
    is_class: bool = False
    function: Function | None = None
    owner: str = ""
    body_column: int = 0
    """Where the statements of its own body begin: those further in are in a branch or loop."""
    names: dict[str, list[ast.expr]] = field(default_factory=dict)
    firm: set[int] = field(default_factory=set)
    """The lines of bindings that stand in no branch or loop: what was bound before is gone after them."""
    items: dict[str, list[ast.expr]] = field(default_factory=dict)
    """Names that stand for one element of what is here: loop variables."""

    def bind(self, name: str, value: ast.expr) -> None:
        """Add a binding, a few per name at most."""
        values = self.names.setdefault(name, [])
        if len(values) < _MOST_BINDINGS:
            values.append(value)

    def bind_item(self, name: str, value: ast.expr) -> None:
        """Add what a loop variable runs over."""
        values = self.items.setdefault(name, [])
        if len(values) < _MOST_BINDINGS:
            values.append(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """`from .config import NAME as alias`: level 1, module `config`, name `NAME`; `import a.b` has no name."""

    module: str
    level: int = 0
    name: str = ""


@dataclass(slots=True, eq=False)
class Index:
    """What one module says."""

    module: Scope = field(default_factory=Scope)
    calls: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    calls_to: dict[str, list[tuple[ast.Call, Scope]]] = field(default_factory=dict)
    attributes: dict[str, list[tuple[ast.expr, Scope]]] = field(default_factory=dict)
    """Fields of classes, `self.x = ...`, and the options of a command line, by name."""
    named: list[tuple[str, ast.expr, Scope]] = field(default_factory=list)
    """Every binding of a name, field, item or parameter: the name as written and the value."""
    strings: list[ast.Constant] = field(default_factory=list)
    joined: list[tuple[ast.JoinedStr, Scope]] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)


def index_of(tree: ast.Module) -> Index:
    """The index of a module. Raises: RecursionError for a tree beyond what any program has."""
    index = Index()
    stack: list[tuple[ast.AST, Scope]] = [(node, index.module) for node in reversed(tree.body)]
    seen = 0
    while stack:
        node, scope = stack.pop()
        seen += 1
        if seen > _MOST_NODES:
            raise RecursionError("too many nodes")
        visit = _VISITS.get(type(node))
        children = visit(index, node, scope) if visit is not None else _children(node, scope)
        stack.extend(children)
    return index


_Children = list[tuple[ast.AST, Scope]]


def _children(node: ast.AST, scope: Scope) -> _Children:
    found: _Children = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [(each, scope) for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context | ast.operator | ast.Name):
            found.append((value, scope))
    found.reverse()
    return found


def _expression(index: Index, node: ast.AST, scope: Scope) -> _Children:
    """A statement that is an expression; a string alone is documentation."""
    assert isinstance(node, ast.Expr)
    return [] if isinstance(node.value, ast.Constant | ast.JoinedStr) else [(node.value, scope)]


def _constant(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, ast.Constant)
    if isinstance(node.value, str) and ("/" in node.value or ":" in node.value):
        index.strings.append(node)
    return []


def _joined(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, ast.JoinedStr)
    index.joined.append((node, scope))
    return [(value.value, scope) for value in node.values if isinstance(value, ast.FormattedValue)]


def _compare(index: Index, node: ast.AST, scope: Scope) -> _Children:
    """What is compared with a string is not loaded by it: only calls inside count."""
    assert isinstance(node, ast.Compare)
    return [
        (e, scope)
        for e in (node.left, *node.comparators)
        if not isinstance(e, ast.Constant | ast.List | ast.Tuple)
    ]


def _call(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, ast.Call)
    index.calls.append((node, scope))
    name = last_name(node.func)
    if name:
        index.calls_to.setdefault(name, []).append((node, scope))
    if name in ("add_argument", "option"):
        _option(index, node, scope)
    return _children(node, scope)


def _option(index: Index, node: ast.Call, scope: Scope) -> None:
    """The default of an option of argparse or click, bound to the option's name."""
    flags = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    default = next((k.value for k in node.keywords if k.arg == "default"), None)
    if default is None or not flags:
        return
    flag = max(flags, key=len)
    index.named.append((flag, default, scope))
    index.attributes.setdefault(flag.lstrip("-").replace("-", "_"), []).append((default, scope))
    index.module.bind("option:" + flag.lstrip("-").replace("-", "_"), default)


def _assign(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.AugAssign)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is not None:
        if node.col_offset == scope.body_column and not isinstance(node, ast.NamedExpr | ast.AugAssign):
            scope.firm.add(node.value.lineno)
        for target in targets:
            _bind(index, target, node.value, scope)
    return _children(node, scope)


def _bind(index: Index, target: ast.expr, value: ast.expr, scope: Scope) -> None:
    if isinstance(target, ast.Tuple | ast.List):
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                _bind(index, one, other, scope)
        return
    name = _target_name(target)
    if name is None:
        return
    index.named.append((name, value, scope))
    if isinstance(target, ast.Name):
        scope.bind(name, value)
        if scope.is_class:
            index.attributes.setdefault(name, []).append((value, scope))
    elif isinstance(target, ast.Attribute):
        index.attributes.setdefault(name, []).append((value, scope))


def _target_name(target: ast.expr) -> str | None:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return target.slice.value if isinstance(target.slice.value, str) else None
    return None


def _loop(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)
    targets = node.target.elts if isinstance(node.target, ast.Tuple | ast.List) else [node.target]
    for target in targets:
        if isinstance(target, ast.Name):
            scope.bind_item(target.id, node.iter)
    return _children(node, scope)


def _function(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, Function)
    column = -1 if isinstance(node, ast.Lambda) else node.body[0].col_offset
    inner = Scope(
        parent=scope, function=node, owner=scope.owner if scope.is_class else "", body_column=column
    )
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(
        zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=False)
    )
    pairs += [
        (a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None
    ]
    for argument, default in pairs:
        inner.bind(argument.arg, default)
        index.named.append((argument.arg, default, scope))
    outside: list[ast.AST] = [default for _, default in pairs]
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    if not isinstance(node, ast.Lambda):
        outside += node.decorator_list
    return [*((each, inner) for each in reversed(body)), *((each, scope) for each in outside)]


def _class(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, ast.ClassDef)
    inner = Scope(parent=scope, is_class=True, owner=node.name, body_column=node.body[0].col_offset)
    outside: list[ast.AST] = [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
    return [*((each, inner) for each in reversed(node.body)), *((each, scope) for each in outside)]


def _dict(index: Index, node: ast.AST, scope: Scope) -> _Children:
    assert isinstance(node, ast.Dict)
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            index.named.append((key.value, value, scope))
    return _children(node, scope)


def _import(index: Index, node: ast.AST, scope: Scope) -> _Children:
    if isinstance(node, ast.Import):
        for alias in node.names:
            index.imports[alias.asname or alias.name] = Import(module=alias.name)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            index.imports[alias.asname or alias.name] = Import(
                module=node.module or "", level=node.level, name=alias.name
            )
    return []


_VISITS = {
    ast.Expr: _expression,
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.Compare: _compare,
    ast.Call: _call,
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.NamedExpr: _assign,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.comprehension: _loop,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.Lambda: _function,
    ast.ClassDef: _class,
    ast.Dict: _dict,
    ast.Import: _import,
    ast.ImportFrom: _import,
}


def last_name(node: ast.expr) -> str:
    """`from_pretrained` of `transformers.AutoModel.from_pretrained`; empty where a call is made on something else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted_name(node: ast.expr) -> tuple[str, ...]:
    """The parts of `a.b.c`, from the last name that is written as such: `HfApi().download` is (`HfApi`, `download`)."""
    parts: list[str] = []
    for _ in range(32):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call | ast.Subscript):
            node = node.func if isinstance(node, ast.Call) else node.value
        else:
            break
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return tuple(reversed(parts))


def scopes_of(scope: Scope) -> Iterator[Scope]:
    """A scope and what it sees outside itself: functions do not see the class around them."""
    current: Scope | None = scope
    is_first = True
    while current is not None:
        if is_first or not current.is_class:
            yield current
        is_first, current = False, current.parent
