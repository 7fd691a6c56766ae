"""The words in which two texts differ, as one text."""

from __future__ import annotations

from openaudit.formats.comparison.word_changes import Run, word_changes

_LONGEST_DIFF = 4_000
_MARKS = {"kept": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}


def word_diff(old: str, new: str) -> str:
    """What was taken out as `[-words-]` and what was put in as `{+words+}`, a line for each place with a few words
    around it; '' where only spaces and line breaks differ. At most 4,000 characters; what is left out is counted."""
    changes = word_changes(old, new)
    lines: list[str] = []
    length = 0
    for number, hunk in enumerate(changes.hunks):
        line = " ".join(_marked(run) for run in hunk)
        length += len(line) + 1
        if length > _LONGEST_DIFF and lines:
            return "\n".join([*lines, _left_out(len(changes.hunks) - number + changes.left_out)])
        lines.append(line[:_LONGEST_DIFF])
    return "\n".join([*lines, *([_left_out(changes.left_out)] if changes.left_out else ())])


def _marked(run: Run) -> str:
    return _MARKS[run.kind].format(run.words)


def _left_out(places: int) -> str:
    return f"... and {places} more changes"
