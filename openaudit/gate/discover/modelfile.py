"""Ollama's Modelfile: the model or weight file that it starts from, and its adapters."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from openaudit.gate.discover import ids
from openaudit.gate.discover.sighting import Named, Sighting, Source

_LINE = re.compile(r"[ \t]*(FROM|ADAPTER)[ \t]+(\"[^\"\n]+\"|\S[^\n]*)", re.IGNORECASE)
_WEIGHTS = (".gguf", ".ggml", ".bin", ".safetensors")


def read(source: Source) -> Iterator[Sighting]:
    """FROM and ADAPTER. Source: ollama/docs/modelfile.md (a name, a path, `hf.co/org/name:quant`)."""
    is_inside = False
    for number, line in enumerate(source.text.split("\n"), 1):
        was_inside = is_inside
        if line.count('"""') % 2:
            is_inside = not is_inside
        match = _LINE.match(line[:2_000])
        if match is None or was_inside:
            continue
        text = match[2].split(" #")[0].strip().strip('"')
        named = _named(source, text)
        if named is not None:
            column = match.start(2) + (2 if match[2].startswith('"') else 1)
            yield Sighting(named=named, line=number, column=column, how=f"Modelfile {match[1].upper()}")


def _named(source: Source, text: str) -> Named | None:
    if text.startswith(("./", "../", "/", "~")) or (
        text.lower().endswith(_WEIGHTS) and ids.hub_address(text) is None
    ):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), text))
        if text.startswith(("/", "~")) or path.startswith("../") or path in (".", ".."):
            return None  # outside the tree: nobody but that machine can read it
        return Named(target=path, kind="file")
    return ids.ollama_model(text)
