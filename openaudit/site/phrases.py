"""The words that only the site needs, beside those of all formats."""

from __future__ import annotations

from collections.abc import Sequence

from openaudit.formats import wording
from openaudit.site.cards import Card

SHORT_SIDES = ("W", "C", "D", "T")
"""The four dimensions in lists: weights, code, data, texts; their order is that of the vocabulary."""

_SHAPES = {
    "fully-open": "open",
    "open-toolchain": "open",
    "open-data": "open",
    "open-weight": "described",
    "restricted-weight": "restricted",
    "restricted-data": "restricted",
    "research-only": "restricted",
    "research-only-data": "restricted",
    "unlicensed": "unlicensed",
    "unlicensed-data": "unlicensed",
    "closed": "absent",
}
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"))


def level_shape(level: str) -> str:
    """The mark and tone of a level."""
    return _SHAPES.get(level, "unknown")


def size(card: Card) -> str:
    """A number of parameters with three digits that count, `~` where only the name says so, a dash where unknown."""
    if card.parameters is None:
        return "–"
    mark = "~" if card.size_from_name else ""
    for scale, unit in _SCALES:
        if card.parameters >= scale:
            return f"{mark}{float(f'{card.parameters / scale:.3g}'):g}{unit}"
    return f"{mark}{card.parameters:,}"


def counted(cards: Sequence[Card]) -> str:
    """How many models and datasets: "150 models and 3 datasets"."""
    models = sum(card.subject == "model" for card in cards)
    datasets = len(cards) - models
    parts = [f"{models:,} model{'' if models == 1 else 's'}"] if models or not datasets else []
    if datasets:
        parts.append(f"{datasets:,} dataset{'' if datasets == 1 else 's'}")
    return " and ".join(parts)


def level_meaning(level: str) -> str:
    """What a level takes, empty for one that is not on the spectrum."""
    step = wording.step_of(level)
    return step.meaning if step else ""
