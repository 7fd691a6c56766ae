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
    """Put exceptions to the license that stands before them, else behind; `parts` are (id, is an exception)."""
    listed = list(parts)
    plain = [id_ for id_, exception in listed if not exception]
    exceptions = [id_ for id_, exception in listed if exception]
    bases = [id_ for id_ in plain if "GPL" in id_ or len(plain) == 1]
    if not exceptions or not bases:
        return [id_ if not exception else f"LicenseRef-openaudit-{id_}" for id_, exception in listed]
    base = bases[0]
    joined = f"{base} WITH {exceptions[0]}"
    return [joined if id_ == base else id_ for id_ in plain]


def later_where_said(texts: Sequence[str], named: Sequence[str]) -> list[str]:
    """The ids of texts; where a notice says "or any later version" of the same license, that one.

    >>> later_where_said(["GPL-3.0-only"], ["GPL-3.0-or-later"])
    ['GPL-3.0-or-later']
    """
    said = set(named)
    made = []
    for id_ in texts:
        later = id_.removesuffix("-only") + "-or-later"
        made.append(later if id_.endswith("-only") and later in said else id_)
    return made
