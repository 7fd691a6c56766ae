"""What a card claims of its own openness: quoted, with its line, and the level that the words promise."""

from __future__ import annotations

from collections.abc import Iterator

from openaudit.scanners.markdown import sentences
from openaudit.scanners.scene import Scanned, Scene, quote
from openaudit.vocabulary import Evidence

_MAX_CLAIMS = 6


def scan_claims(scene: Scene) -> Scanned:
    """Evidence of claims, the strongest kind of each sentence once."""
    if scene.card is None:
        return Scanned()
    claims: list[Evidence] = []
    for evidence in _claims(scene):
        if evidence.quote not in {claim.quote for claim in claims}:
            claims.append(evidence)
        if len(claims) >= _MAX_CLAIMS:
            break
    return Scanned(evidence=tuple(claims))


def _claims(scene: Scene) -> Iterator[Evidence]:
    assert scene.card is not None
    for block in scene.card.blocks:
        if block.kind not in ("text", "item", "heading") or (
            "open" not in block.text.lower() and "开" not in block.text
        ):
            continue
        for offset, sentence in sentences(block.text):
            for kind in scene.lexicon.claims:
                if kind.phrases.search(sentence):
                    yield Evidence(
                        topic=f"claim.{kind.id}", value=kind.level, where=scene.at(block, offset, len(sentence)),
                        quote=quote(sentence), method="sentence", confidence=0.8,
                    )  # fmt: skip
                    break
