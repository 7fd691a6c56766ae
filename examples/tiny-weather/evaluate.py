"""Bits per character on data/eval.txt, beside the bits that letter frequencies alone would need."""

from __future__ import annotations

import numpy as np
from tiny_weather import FOLDER, alphabet, contexts, load, logits


def main() -> None:
    letters, weights = alphabet(), load()
    before, target = contexts((FOLDER / "data" / "eval.txt").read_text(encoding="utf-8"), letters)
    scores = logits(weights, before)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    bits = -np.log2(chances[np.arange(len(target)), target]).mean()
    counts = np.bincount(target, minlength=len(letters)) / len(target)
    baseline = -(counts[counts > 0] * np.log2(counts[counts > 0])).sum()
    print(f"bits per character: {bits:.3f} (letter frequencies alone: {baseline:.3f})")


if __name__ == "__main__":
    main()
