"""The front page with its first rows, and all models on plain pages, for those who come without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from openaudit.formats.wording import step_of
from openaudit.site.cards import Card
from openaudit.site.phrases import level_meaning
from openaudit.site.rendering import Render, Site

ROWS_FIRST = 20
ROWS_A_PAGE = 500


def list_pages(site: Site, render: Render) -> Iterator[tuple[str, str]]:
    """The front page and the plain pages, as path and text."""
    yield (
        "index.html",
        render(
            "index.html.j2",
            path="index.html",
            first_cards=site.cards[:ROWS_FIRST],
            ladder=list(_ladder(site.cards)),
        ),
    )
    starts = range(0, len(site.cards), ROWS_A_PAGE) or range(1)
    for number, start in enumerate(starts, 1):
        path = f"all{_page_suffix(number)}.html"
        groups = list(_groups(site.cards, start))
        yield path, render("all.html.j2", path=path, groups=groups, number=number, pages=len(starts))


def _page_suffix(number: int) -> str:
    return "" if number == 1 else f"-{number}"


def _anchor(level: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", level.lower())[:60] or "none"


def _levels(cards: Sequence[Card]) -> list[tuple[str, list[Card]]]:
    """The levels in the order of the cards, each once: a level that is not ours may stand among others."""
    found: dict[str, list[Card]] = {}
    for card in cards:
        found.setdefault(card.level, []).append(card)
    return list(found.items())


def _ladder(cards: Sequence[Card]) -> Iterator[dict[str, Any]]:
    """The levels with how many models stand on each, and the plain page where each begins; datasets where there is
    no model."""
    place = {id(card): number for number, card in enumerate(cards)}
    models = [card for card in cards if card.subject == "model"] or list(cards)
    for level, members in _levels(models)[:10]:
        page = place[id(members[0])] // ROWS_A_PAGE + 1
        step = step_of(level)
        yield {
            "id": level,
            "name": step.name if step else members[0].level_name,
            "anchor": _anchor(level),
            "count": len(members),
            "page": _page_suffix(page),
        }


def _groups(cards: Sequence[Card], start: int) -> Iterator[dict[str, Any]]:
    before = cards[start - 1].level if start else None
    seen: set[str] = set()
    for number, (level, members) in enumerate(
        groupby(cards[start : start + ROWS_A_PAGE], lambda card: card.level)
    ):
        group = list(members)
        name = _anchor(level)
        yield {
            "anchor": name if name not in seen else f"{name}-{number}",
            "name": group[0].level_name,
            "meaning": level_meaning(level),
            "cards": group,
            "continued": number == 0 and level == before,
        }
        seen.add(name)
