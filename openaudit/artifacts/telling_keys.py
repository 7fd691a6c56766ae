"""Which metadata keys of an artifact speak of its license or origin, for formats that let makers invent keys."""

import re

from openaudit.artifacts.artifact import Draft

_LICENSE = re.compile(r"licen[cs]e|copyright|usage_terms|terms_of_use", re.IGNORECASE)
_TELLING = re.compile(
    r"(?:^|[._/-])(?:base_?models?|base|source|datasets?|architectures?|producer|author|organization|title|name|"
    r"version|repo(?:sitory)?(?:_?url)?|url|doi|format|framework|quant\w*|merged_from|model_?(?:type|id|name|version)|"
    r"sd_model_name|base_model_version|training_data|description|created_by)$",
    re.IGNORECASE,
)


def note_pair(draft: Draft, key: str, value: str) -> None:
    """Keep a key and value if they speak of license or origin; the rest is left out."""
    if _LICENSE.search(key):
        draft.license(key, value)
    elif _TELLING.search(key):
        draft.note(key, value)
