"""Whose code a repository is: the maker's of the model, a library that many use, or somebody else's."""

from __future__ import annotations

import re
from typing import Literal

from openaudit.scanners.code_rules import CodeRules
from openaudit.scanners.makers import SHORTEST, plain, same_maker
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
_MOST_LINKS = 500
_DEEPEST = 4
_TELLING = 6
"""A shorter name of a file may stand in a model's name by chance."""
_CONFIGURED = re.compile(r"(?:^|/)(?:recipes?|configs?|configurations?|yamls?)/", re.IGNORECASE)


def owner_of(code: Snapshot, model: Snapshot, rules: CodeRules) -> Owner:
    """Whose code it is, for this model.

    The maker's: of the same account, named after the model, or with a README that links this model. A known library is
    the maker's only where the maker's own model is named after it or has a recipe in it.
    """
    _, _, path = code.id.partition("/")
    account, name = path.split("/")[0], path.split("/")[-1]
    maker, model_name = model.id.split("/")[0] if "/" in model.id else "", model.id.split("/")[-1]
    same = same_maker(account, maker, rules.accounts)
    named_after = is_named_after(model_name, name)
    if rules.library(f"{account}/{name}") is not None:
        return "maker" if same and (named_after or _has_recipe(code, model_name)) else "library"
    if same or named_after or _links_model(code, model.id) or _presents(code, model_name):
        return "maker"
    return "other" if maker else "unknown"


def is_named_after(model_name: str, repository: str) -> bool:
    """Whether the whole name of the repository stands in the model's name, but for words that say what it holds."""
    name = plain(_AFFIXES.sub("", repository))
    return len(name) >= SHORTEST and name in plain(model_name)


def _has_recipe(code: Snapshot, model_name: str) -> bool:
    """Whether the repository has a recipe or configuration of the model's name."""
    words = plain(model_name)
    for file in code.files[:30_000]:
        match = _CONFIGURED.search(file.path)
        for part in file.path[match.end() :].split("/")[:_DEEPEST] if match else ():
            name = plain(part.rsplit(".", 1)[0])
            if name == words or (len(name) >= _TELLING and (name in words or words in name)):
                return True
    return False


def _presents(code: Snapshot, model_name: str) -> bool:
    """Whether a heading of the README, or the bold word that a paragraph begins with, is the model's name, with or
    without its size."""
    names = {plain(model_name), plain(_SIZE.sub("", model_name))}
    names = {name for name in names if len(name) >= SHORTEST}
    for path in card_paths(d.path for d in code.documents if d.origin is None)[:2]:
        document = code.document(path)
        for row in document.text[:300_000].splitlines() if document else ():
            match = _PRESENTED.match(row[:300])
            if match is not None and plain(match[1] or match[2]) in names:
                return True
    return False


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
