"""Whose code a repository is: the maker's of the model, a library that many use, or somebody else's."""

from __future__ import annotations

import re
from typing import Literal

from openaudit.scanners.code_rules import CodeRules
from openaudit.scanners.scene import card_paths
from openaudit.vocabulary import Snapshot

Owner = Literal["maker", "library", "other", "unknown"]

_HUB_LINK = re.compile(
    r"(?:huggingface\.co|hf\.co)/(?:collections/)?([A-Za-z0-9][\w.-]{0,95})/([A-Za-z0-9][\w.-]{0,95})"
)
_AFFIXES = re.compile(
    r"(?:[-_.](?:models?|code|training|train|pytorch|official|llms?|release|inference|jax|lm))+$|^(?:the|official)[-_.]",
    re.IGNORECASE,
)
_PRESENTED = re.compile(
    r"\s{0,3}(?:#{1,3}\s{1,3}(.{3,80}?)[\s:#]{0,5}$|\*\*([\w .-]{3,60})\*\*\s(?:is|are)\b)"
)
_SIZE = re.compile(r"[-_.]\d{1,4}(?:\.\d{1,3})?[bm](?:[-_.].{0,200})?$", re.IGNORECASE)
_END = re.compile(r"(?:ai|org|labs?|inc|teams?|research|nlp|project|group|hq)$")
_MOST_LINKS = 500
_SHORTEST = 4
_CONFIGURED = re.compile(r"(?:^|/)(?:recipes?|configs?)/", re.IGNORECASE)


def owner_of(code: Snapshot, model: Snapshot, rules: CodeRules) -> Owner:
    """Whose code it is, for this model.

    The maker's: of the same account, named after the model, or with a README that links this model. A known library is
    the maker's only where the maker's own model is named after it or has a recipe in it.
    """
    _, _, path = code.id.partition("/")
    account, name = path.split("/")[0], path.split("/")[-1]
    maker, model_name = model.id.split("/")[0] if "/" in model.id else "", model.id.split("/")[-1]
    same = same_maker(account, maker, rules)
    named_after = _is_named_after(model_name, name)
    if rules.library(f"{account}/{name}") is not None:
        return "maker" if same and (named_after or _has_recipe(code, model_name)) else "library"
    if same or named_after or _links_model(code, model.id) or _presents(code, model_name):
        return "maker"
    return "other" if maker else "unknown"


def same_maker(account: str, maker: str, rules: CodeRules) -> bool:
    """Whether two accounts look like those of one maker: one name in the other, or known to belong together."""
    if {account.lower(), maker.lower()} and any(
        {account.lower(), maker.lower()} <= accounts for accounts in rules.accounts
    ):
        return True
    ours, theirs = _slug(account), _slug(maker)
    if not ours or not theirs:
        return False
    return ours == theirs or (
        len(min(ours, theirs, key=len)) >= _SHORTEST and (ours in theirs or theirs in ours)
    )


def _slug(text: str) -> str:
    low = re.sub(r"[^a-z0-9]", "", text.lower())
    return _END.sub("", low) or low


def _is_named_after(model_name: str, repository: str) -> bool:
    """Whether the whole name of the repository stands in the model's name, but for words that say what it holds."""
    plain = re.sub(r"[^a-z0-9]", "", _AFFIXES.sub("", repository).lower())
    words = re.sub(r"[^a-z0-9]", "", model_name.lower())
    return len(plain) >= _SHORTEST and plain in words


def _has_recipe(code: Snapshot, model_name: str) -> bool:
    """Whether the repository has a recipe or configuration of the model's name."""
    words = re.sub(r"[^a-z0-9]", "", model_name.lower())
    for file in code.files[:30_000]:
        match = _CONFIGURED.search(file.path)
        part = file.path[match.end() :].split("/")[0] if match else ""
        plain = re.sub(r"[^a-z0-9]", "", part.rsplit(".", 1)[0].lower())
        if len(plain) >= 6 and (plain in words or words in plain):
            return True
    return False


def _presents(code: Snapshot, model_name: str) -> bool:
    """Whether a heading of the README, or the bold word that a paragraph begins with, is the model's name, with or
    without its size."""
    names = {_plain(model_name), _plain(_SIZE.sub("", model_name))}
    names = {name for name in names if len(name) >= _SHORTEST}
    for path in card_paths(d.path for d in code.documents if d.origin is None)[:2]:
        document = code.document(path)
        for row in document.text[:300_000].splitlines() if document else ():
            match = _PRESENTED.match(row[:300])
            if match is not None and _plain(match[1] or match[2]) in names:
                return True
    return False


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _links_model(code: Snapshot, model_id: str) -> bool:
    """Whether the README links this model on the Hub, and no one else's models more often."""
    wanted = model_id.lower()
    links: list[tuple[str, str]] = []
    for path in card_paths(d.path for d in code.documents if d.origin is None)[:2]:
        document = code.document(path)
        found = _HUB_LINK.finditer(document.text[:300_000]) if document else iter(())
        links += [
            (m[1].lower(), m[2].lower().rstrip(".")) for m, _ in zip(found, range(_MOST_LINKS), strict=False)
        ]
    maker = wanted.split("/")[0]
    ours = sum(owner == maker for owner, _ in links)
    return any("/".join(link) == wanted for link in links) and 2 * ours >= len(
        [owner for owner, _ in links if owner not in ("datasets", "spaces", "docs", "blog", "papers")]
    )
