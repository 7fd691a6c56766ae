"""What reading a text for licenses gives: matches, edits, and one SPDX expression."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "reference", "title"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Words that a text has and its reference has not, or the other way round."""

    words: str  # in lower case, without punctuation
    line: int  # from 1; for words left out, the line where they are missing
    before: str  # a few words of the text before them
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One license found at one place of a text.

    `id` is what to report; where `modified`, `base` is the id of the license whose words were changed.
    """

    id: str
    key: str
    spdx: str | None
    name: str
    family: str | None
    kind: Kind
    coverage: float  # 0 to 1: how much of what the reference must have is there
    similarity: float  # 0 to 1: equal words among those of the reference and the added ones
    modified: bool
    base: str | None
    added: tuple[Edit, ...]
    removed: tuple[Edit, ...]
    lines: tuple[int, int]  # first and last line, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """All licenses of one text. `expression` is None where no license was recognised."""

    expression: str | None
    matches: tuple[Match, ...]
    confidence: float  # 0 to 1; 1 means every word is accounted for
