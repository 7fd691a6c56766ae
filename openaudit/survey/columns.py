"""Columns of public tables of models, told by their names: what the Hub's API calls the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openaudit.errors import TargetError

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "modelId", "model_id", "modelid", "repo_id", "repoId", "repo"),
    "card": ("card", "readme", "README", "model_card", "modelCard", "card_text"),
    "cardData": ("cardData", "card_data", "carddata"),
    "tags": ("tags",),
    "siblings": ("siblings", "files"),
    "gated": ("gated",),
    "private": ("private",),
    "disabled": ("disabled",),
    "sha": ("sha", "revision", "commit"),
    "author": ("author",),
    "library_name": ("library_name", "libraryName", "library"),
    "pipeline_tag": ("pipeline_tag", "pipelineTag", "task"),
    "config": ("config",),
    "safetensors": ("safetensors",),
    "gguf": ("gguf",),
    "baseModels": ("baseModels", "base_models"),
    "transformersInfo": ("transformersInfo", "transformers_info"),
    "createdAt": ("createdAt", "created_at"),
    "lastModified": ("lastModified", "last_modified"),
    "downloads": ("downloads",),
    "likes": ("likes",),
}
"""Names of the Hub's API (and `card`, the text of README.md), each with the spellings that tables use."""
_TELLING = ("card", "cardData", "siblings", "tags")
"""Without one of these a row says nothing that can be judged."""
_WITHOUT = {
    "card": "cards are not looked at (never taken for missing): only cardData and tags are",
    "siblings": "which files there are is not known; weights count as seen only where the tags name their format",
    "tags": "the Hub's tags (formats, bases) are not seen",
    "gated": "whether access is gated is not known",
    "sha": "rows name no commit",
}
"""What it means for the result that a column is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column of a table holds what (`found`: our word to the table's), and what it means that some are missing."""

    found: Mapping[str, str]
    missing: tuple[str, ...]
    unused: tuple[str, ...]

    def holds(self, word: str) -> bool:
        """Whether the table has this column."""
        return word in self.found


def map_columns(names: Sequence[str]) -> Columns:
    """The columns of a table by what they hold.

    Raises:
        TargetError: no column names the models, or none says anything of them.

    Source: the public datasets librarian-bots/model_cards_with_metadata and cfahlgren1/hub-stats.
    """
    found: dict[str, str] = {}
    for word, spellings in _SPELLINGS.items():
        match = next((name for name in spellings if name in names), None)
        if match is not None:
            found[word] = match
    if "id" not in found:
        raise TargetError(
            f"the table has no column that names the models; its columns are {', '.join(names[:20])}.",
            hint=f"One of {', '.join(_SPELLINGS['id'])} is expected.",
        )
    if not any(word in found for word in _TELLING):
        raise TargetError(
            f"the table says nothing of its models; its columns are {', '.join(names[:20])}.",
            hint=f"One of {', '.join(_TELLING)} is expected. To audit the models live, give a list of their ids.",
        )
    missing = tuple(f"no column '{word}': {means}" for word, means in _WITHOUT.items() if word not in found)
    return Columns(found=found, missing=missing, unused=tuple(n for n in names if n not in found.values()))
