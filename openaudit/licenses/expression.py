"""One SPDX expression for everything that was found in a text."""

from collections.abc import Iterable, Sequence


def conjunction(parts: Sequence[str]) -> str | None:
    """All parts joined by AND, each once, in the order of the text.

    >>> conjunction(["MIT", "MIT OR Apache-2.0", "MIT"])
    'MIT AND (MIT OR Apache-2.0)'
    """
    ordered = list(dict.fromkeys(part for part in parts if part))
    if not ordered:
        return None
    if len(ordered) == 1:
        return ordered[0]
    return " AND ".join(f"({part})" if " OR " in part else part for part in ordered)


def with_exceptions(parts: Iterable[tuple[str, bool]]) -> list[str]:
    """Put each exception to the license before it, else to the first one; `parts` are (id, is an exception).

    >>> with_exceptions([("MIT", False), ("Apache-2.0", False), ("LLVM-exception", True)])
    ['MIT', 'Apache-2.0 WITH LLVM-exception']
    """
    made: list[str] = []
    waiting: list[str] = []
    for id_, exception in parts:
        if not exception:
            made.append(id_)
        elif made and " WITH " not in made[-1]:
            made[-1] += f" WITH {id_}"
        else:
            waiting.append(id_)
    for id_ in waiting:
        if made and " WITH " not in made[0]:
            made[0] += f" WITH {id_}"
        else:
            made.append(id_ if id_.startswith("LicenseRef-") else f"LicenseRef-openaudit-{id_}")
    return made


def later_where_said(texts: Sequence[str], named: Sequence[str]) -> list[str]:
    """The ids of texts; where a notice says "or any later version" of the same license, that one.

    >>> later_where_said(["GPL-3.0-only"], ["GPL-3.0-or-later"])
    ['GPL-3.0-or-later']
    """
    said = set(named)
    made = []
    for id_ in texts:
        license, joint, exception = id_.partition(" WITH ")
        later = license.removesuffix("-only") + "-or-later"
        made.append(later + joint + exception if license.endswith("-only") and later in said else id_)
    return made
