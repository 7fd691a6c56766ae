"""The model: the next character from the two before it, one table of logits. NumPy only."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

FOLDER = Path(__file__).parent


def alphabet() -> str:
    """The characters the model knows, in the order of its tables."""
    return str(json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))["alphabet"])


def contexts(text: str, letters: str) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the two characters before each position, and of the character there."""
    ids = np.array([letters.index(c) for c in text])
    return np.stack([ids[:-2], ids[1:-1]], axis=1), ids[2:]


def logits(weights: dict[str, np.ndarray], before: np.ndarray) -> np.ndarray:
    """One row of scores over the alphabet for each pair of characters."""
    return weights["first"][before[:, 0]] + weights["second"][before[:, 1]] + weights["bias"]


def save(weights: dict[str, np.ndarray]) -> None:
    """Write model.safetensors with the license in its metadata."""
    save_file(weights, FOLDER / "model.safetensors", metadata={"format": "np", "license": "apache-2.0"})


def load() -> dict[str, np.ndarray]:
    """The weights in model.safetensors."""
    return dict(load_file(FOLDER / "model.safetensors"))


def generate(start: str, length: int, seed: int) -> str:
    """`length` more characters after `start`."""
    letters, weights, draw = alphabet(), load(), np.random.default_rng(seed)
    text = start
    for _ in range(length):
        before = np.array([[letters.index(text[-2]), letters.index(text[-1])]])
        scores = logits(weights, before)[0]
        chances = np.exp(scores - scores.max())
        text += letters[draw.choice(len(letters), p=chances / chances.sum())]
    return text


if __name__ == "__main__":
    print(generate("ra", 200, seed=0))
