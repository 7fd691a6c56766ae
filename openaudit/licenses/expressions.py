"""SPDX license expressions: one spelling for each, and what they are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openaudit.errors import LicenseError
from openaudit.licenses.catalog import Catalog, Joined, load_catalog
from openaudit.vocabulary import Grant

if TYPE_CHECKING:
    from license_expression import Licensing

_LENGTH_LIMIT = 4000
_SYMBOL = re.compile(r"[A-Za-z0-9.+:-]+")
_DEPTH_LIMIT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseExpression:
    """An expression in its normal spelling; `members` are its ids without exceptions, in order, and `joined` says
    how they combine (`unclear` where AND and OR are mixed). `unknown` are those that no license rule has."""

    text: str
    members: tuple[str, ...]
    joined: Joined
    exceptions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def parse(expression: str, catalog: Catalog | None = None) -> LicenseExpression:
    """An SPDX expression, with the ids in the case in which SPDX has them.

    Raises:
        LicenseError: broken syntax, or longer than 4000 characters.
    Source: SPDX specification 2.3, annex D, "SPDX license expressions".
    >>> parse("mit or apache-2.0").text
    'MIT OR Apache-2.0'
    """
    known = catalog if catalog is not None else load_catalog()
    tree = _tree(expression)
    members, exceptions = _symbols(tree, known)
    text = _rendered(tree, known)
    return LicenseExpression(
        text=text,
        members=members,
        joined=_joined(tree),
        exceptions=exceptions,
        unknown=tuple(m for m in members if known.by_id(m) is None and not m.startswith("DocumentRef-")),
    )


def normalise(expression: str, catalog: Catalog | None = None) -> str:
    """The normal spelling of an SPDX expression.

    Raises:
        LicenseError: broken syntax.
    """
    return parse(expression, catalog).text


def grant(expression: str, catalog: Catalog | None = None) -> Grant:
    """What an expression lets anyone do: OR gives the choice, AND binds by both.

    Raises:
        LicenseError: broken syntax.
    """
    known = catalog if catalog is not None else load_catalog()
    return _grant(_tree(expression), known)


# license-expression takes some 20 ms to import, and few runs meet an expression.
def _licensing() -> Licensing:
    from license_expression import Licensing

    return Licensing()


def _tree(expression: str) -> Any:
    from license_expression import ExpressionError, ExpressionParseError

    if len(expression) > _LENGTH_LIMIT:
        raise LicenseError(f"a license expression of more than {_LENGTH_LIMIT} characters is not read.")
    if expression.count("(") > _DEPTH_LIMIT:
        raise LicenseError(f"a license expression nested deeper than {_DEPTH_LIMIT} levels is not read.")
    if not _is_well_formed(expression):
        raise LicenseError(
            f"'{expression[:80]}' is no license expression: ids, operators and parentheses don't fit."
        )
    try:
        tree = _licensing().parse(expression, validate=False)
    except (
        ExpressionError,
        ExpressionParseError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else "broken syntax"
        raise LicenseError(f"'{expression[:80]}' is no license expression: {reason}") from error
    if tree is None:
        raise LicenseError("the license expression is empty.")
    for symbol in _licensing().license_symbols(tree, unique=True, decompose=True):
        if not _SYMBOL.fullmatch(symbol.key):
            raise LicenseError(f"'{symbol.key[:80]}' is no license id.")
    return tree


def _is_well_formed(expression: str) -> bool:
    """Whether ids and operators take turns and parentheses close: the library only asserts it."""
    depth, wants_id = 0, True
    for word in re.findall(r"[()]|[^\s()]+", expression):
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        is_operator = word.upper() in ("AND", "OR", "WITH")
        if depth < 0 or (word == ")" or is_operator) is wants_id:
            return False
        wants_id = is_operator or word == "("
    return depth == 0 and not wants_id


def _operator(tree: Any) -> str:
    return type(tree).__name__


def _symbols(tree: Any, catalog: Catalog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the licenses, and those of the exceptions, each once and in order."""
    members: dict[str, None] = {}
    exceptions: dict[str, None] = {}
    for literal in tree.get_literals() if tree.args else [tree]:
        if _operator(literal) == "LicenseWithExceptionSymbol":
            members[_id(literal.license_symbol.key, catalog)] = None
            exceptions[literal.exception_symbol.key] = None
        else:
            members[_id(literal.key, catalog)] = None
    return tuple(members), tuple(exceptions)


def _id(key: str, catalog: Catalog) -> str:
    license_ = catalog.by_id(key)
    return license_.id if license_ is not None and license_.kind != "family" else key


def _rendered(tree: Any, catalog: Catalog) -> str:
    operator = _operator(tree)
    if operator == "LicenseWithExceptionSymbol":
        return f"{_id(tree.license_symbol.key, catalog)} WITH {tree.exception_symbol.key}"
    if not tree.args or operator == "LicenseSymbol":
        return _id(tree.key, catalog)
    parts = [
        f"({_rendered(part, catalog)})"
        if _operator(part) in ("AND", "OR") and _operator(part) != operator
        else _rendered(part, catalog)
        for part in tree.args
    ]
    return f" {operator} ".join(parts)


def _joined(tree: Any) -> Joined:
    operators = _operators(tree)
    if not operators:
        return "single"
    if len(operators) > 1:
        return "unclear"
    return "all" if "AND" in operators else "any"


def _operators(tree: Any) -> set[str]:
    if _operator(tree) not in ("AND", "OR"):
        return set()
    return {_operator(tree)}.union(*(_operators(part) for part in tree.args))


def _grant(tree: Any, catalog: Catalog) -> Grant:
    operator = _operator(tree)
    if operator == "LicenseWithExceptionSymbol":
        return catalog.grant([tree.license_symbol.key])
    if operator not in ("AND", "OR"):
        return catalog.grant([tree.key])
    parts = [_grant(part, catalog) for part in tree.args]
    return catalog.loosest(parts) if operator == "OR" else catalog.strictest(parts)
