"""The words that changed between two texts."""

from __future__ import annotations

import time

import pytest

from openaudit.gate.changes import word_diff

OLD = "You may use the model for any purpose, by anyone, without a fee."


@pytest.mark.parametrize(
    ("new", "diff"),
    [
        (OLD, ""),
        (OLD.replace(" ", "\n\n  "), ""),  # only line breaks
        (
            OLD.replace("any purpose", "research purposes"),
            "use the model for [-any purpose,-] {+research purposes,+} by anyone",
        ),
        (OLD.replace(", without a fee", ""), "[-anyone, without a fee.-] {+anyone.+}"),
        (OLD + " Until 2030.", "without a fee. {+Until 2030.+}"),
    ],
)
def test_what_was_taken_out_and_put_in(new: str, diff: str) -> None:
    made = word_diff(OLD, new)
    assert diff in made
    assert bool(made) is bool(diff)


def test_two_changes_are_two_lines() -> None:
    words = [f"w{n}" for n in range(100)]
    other = list(words)
    other[10], other[80] = "x", "y"
    assert len(word_diff(" ".join(words), " ".join(other)).splitlines()) == 2


def test_a_whole_other_text_is_cut_and_costs_little() -> None:
    started = time.monotonic()
    made = word_diff(
        " ".join(f"a{n % 50}" for n in range(30_000)), " ".join(f"b{n % 50}" for n in range(30_000))
    )
    assert len(made) < 5_000
    assert "words …" in made
    assert time.monotonic() - started < 5


def test_what_is_left_out_is_counted() -> None:
    words = [f"w{n}{'.' if n % 13 == 12 else ''}" for n in range(4_000)]
    other = [f"x{n}" if n % 40 == 0 else word for n, word in enumerate(words)]
    made = word_diff(" ".join(words), " ".join(other))
    shown = made.splitlines()
    assert len(made) < 4_100
    assert shown[-1] == f"... and {100 - (len(shown) - 1)} more changes"
