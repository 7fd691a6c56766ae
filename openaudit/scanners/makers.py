"""Names of accounts and models compared as people write them: the same maker under names that do not look alike."""

from __future__ import annotations

import re
from collections.abc import Collection

from openaudit.scanners.memory import remembered

_OTHER = re.compile(r"[^a-z0-9]")
_END = re.compile(r"(?:ai|org|labs?|inc|teams?|research|nlp|project|group|hq)$")
SHORTEST = 4
"""Of a shorter name it says nothing that it stands in another."""


@remembered
def plain(name: str) -> str:
    """The letters and digits of a name, in lower case."""
    return _OTHER.sub("", name.lower())


@remembered
def _stem(account: str) -> str:
    """A plain name without the word at its end that says what kind of group it is."""
    return _END.sub("", plain(account)) or plain(account)


def same_maker(account: str, maker: str, known: Collection[frozenset[str]]) -> bool:
    """Whether two accounts look like those of one maker: one name in the other, or `known` to belong together."""
    pair = {account.lower(), maker.lower()}
    if any(pair <= accounts for accounts in known):
        return True
    ours, theirs = _stem(account), _stem(maker)
    if not ours or not theirs:
        return False
    return ours == theirs or (
        len(min(ours, theirs, key=len)) >= SHORTEST and (ours in theirs or theirs in ours)
    )
