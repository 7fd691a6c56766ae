"""Train the model on data/train.txt and write model.safetensors: gradient descent on cross entropy, two seconds."""

from __future__ import annotations

import json

import numpy as np
from tiny_weather import FOLDER, contexts, logits, save

STEPS = 400
LEARNING_RATE = 4.0


def main() -> None:
    text = (FOLDER / "data" / "train.txt").read_text(encoding="utf-8")
    letters = "".join(sorted(set(text)))
    config = {
        "model_type": "tiny-weather",
        "alphabet": letters,
        "steps": STEPS,
        "learning_rate": LEARNING_RATE,
    }
    (FOLDER / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    before, target = contexts(text, letters)
    size = len(letters)
    weights = {name: np.zeros((size, size), np.float32) for name in ("first", "second")}
    weights["bias"] = np.zeros(size, np.float32)
    wanted = np.eye(size, dtype=np.float32)[target]
    for _ in range(STEPS):
        scores = logits(weights, before)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = (chances - wanted) / len(target)
        for name, column in (("first", 0), ("second", 1)):
            step = np.zeros_like(weights[name])
            np.add.at(step, before[:, column], slope)
            weights[name] -= LEARNING_RATE * step
        weights["bias"] -= LEARNING_RATE * slope.sum(axis=0)
    save(weights)


if __name__ == "__main__":
    main()
