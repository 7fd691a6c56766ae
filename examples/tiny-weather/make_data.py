"""Write data/train.txt and data/eval.txt: weather sentences from a small grammar, the same on every machine."""

from __future__ import annotations

import random
from pathlib import Path

TIMES = ("in the morning", "at noon", "in the evening", "at night", "all day", "before dawn")
PLACES = ("on the coast", "in the hills", "over the lake", "in town", "along the river")
SKIES = ("rain", "fog", "snow", "hail", "sunshine", "drizzle", "thunder")
WINDS = (
    "a light wind",
    "a strong wind",
    "no wind",
    "a cold wind from the north",
    "a mild wind from the west",
)


def sentences(seed: int, count: int) -> list[str]:
    """`count` sentences; the seed decides which."""
    draw = random.Random(seed)
    return [
        f"{draw.choice(SKIES)} {draw.choice(PLACES)} {draw.choice(TIMES)}, with {draw.choice(WINDS)}."
        for _ in range(count)
    ]


if __name__ == "__main__":
    folder = Path(__file__).parent / "data"
    (folder / "train.txt").write_text("\n".join(sentences(1, 120)) + "\n", encoding="utf-8")
    (folder / "eval.txt").write_text("\n".join(sentences(2, 30)) + "\n", encoding="utf-8")
