"""What every scanner is given: the snapshot, its card as blocks, and the knowledge of rules/."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from openaudit.artifacts.artifact import Artifact
from openaudit.licenses.catalog import Catalog
from openaudit.licenses.clause_rules import ClauseRules
from openaudit.scanners.code_rules import CodeRules
from openaudit.scanners.front_matter import FrontMatter, Slip, lines_of, read_front_matter, value_of
from openaudit.scanners.known import Known
from openaudit.scanners.lexicon import Lexicon
from openaudit.scanners.markdown import BODY_LIMIT_CHARS, BODY_LIMIT_LINES, Block, read_blocks
from openaudit.scanners.memory import remembered
from openaudit.vocabulary import QUOTE_LIMIT, Document, Evidence, LicenseStatement, Snapshot, Where

_CARD_NAMES = re.compile(
    r"^(?:readme|model_?card|dataset_?card|data_?card)(?:\.md|\.markdown|\.txt|\.rst)?$", re.I
)
_OTHER_CARD = re.compile(r"^[^/]{0,40}(?:readme|model[_-]?card)[^/]{0,20}\.(?:md|markdown)$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The model or dataset card: where it is, its front matter, and the blocks of its body."""

    path: str
    url: str | None
    front: FrontMatter
    blocks: tuple[Block, ...]
    from_api: bool = False
    """True where only the Hub API's cardData was seen, because the card itself could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRules:
    """What scanners know of rules/: words, licenses, families and corpora, clauses, and code of many makers."""

    lexicon: Lexicon
    catalog: Catalog
    known: Known
    clauses: ClauseRules
    code: CodeRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One snapshot, ready to be scanned."""

    snapshot: Snapshot
    card: Card | None
    lexicon: Lexicon
    catalog: Catalog
    known: Known
    clauses: ClauseRules
    code: CodeRules
    artifacts: tuple[Artifact, ...] = ()

    @property
    def owner(self) -> str:
        """The organisation or user part of the repository id, '' where there is none."""
        return self.snapshot.id.split("/")[0] if "/" in self.snapshot.id else ""

    @property
    def name(self) -> str:
        """The repository id without its owner."""
        return self.snapshot.id.split("/")[-1]

    def front(self, key: str) -> tuple[object, Where]:
        """A metadata value of the card in any spelling of its key, and where it stands."""
        if self.card is None:
            return None, Where()
        value, line = value_of(self.card.front, key)
        lines = (line, line) if line else None
        return value, Where(path=self.card.path, lines=lines, url=self.card.url)

    def at(self, block: Block, offset: int = 0, length: int = 0) -> Where:
        """The place of a piece of a block's text."""
        first = block.line_at(offset)
        last = max(first, block.line_at(offset + max(0, length - 1)))
        return Where(path=self.card.path if self.card else None, lines=(first, last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What one scanner saw."""

    evidence: tuple[Evidence, ...] = ()
    statements: tuple[LicenseStatement, ...] = ()


def make_scene(snapshot: Snapshot, artifacts: Sequence[Artifact], rules: ScanRules) -> Scene:
    """A snapshot with its card read."""
    return Scene(
        snapshot=snapshot,
        card=read_card(snapshot),
        lexicon=rules.lexicon,
        catalog=rules.catalog,
        known=rules.known,
        clauses=rules.clauses,
        code=rules.code,
        artifacts=tuple(artifacts),
    )


Scanner = Callable[[Scene], Scanned]
"""A scanner reads one scene and says what is so; it never judges and never raises for what a repository holds."""


def card_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """The files that may be the card, best first: README.md, other spellings, MODEL_CARD.md, then look-alikes."""
    names = [path for path in paths if "/" not in path]
    exact = [path for path in names if path == "README.md"]
    usual = sorted(
        (p for p in names if _CARD_NAMES.match(p) and p not in exact),
        key=lambda p: (p.lower() != "readme.md", p),
    )
    other = sorted(path for path in names if _OTHER_CARD.match(path) and path not in exact + usual)
    return (*exact, *usual, *other)


def read_card(snapshot: Snapshot) -> Card | None:
    """The card of a snapshot. Where only the Hub's own reading of its metadata was seen, that.

    README.md is the card even when it is empty; another file only where there is no README.md.
    """
    for path in card_paths(document.path for document in snapshot.documents if document.origin is None):
        document = snapshot.document(path)
        if document is not None and (document.text.strip() or path == "README.md"):
            return _parse(document)
    data = snapshot.metadata.get("cardData")
    if isinstance(data, dict) and data:
        front = FrontMatter(values={str(key): value for key, value in data.items()})
        return Card(path="README.md", url=snapshot.url, front=front, blocks=(), from_api=True)
    return None


def _parse(document: Document) -> Card:
    front = read_front_matter(document.text)
    rows = lines_of(document.text)
    if front.body_line == 1 and front.block is not None:
        rows = rows[: front.block[0] - 1]
    body = "\n".join(rows[front.body_line - 1 :])
    if len(body) > BODY_LIMIT_CHARS or len(rows) - front.body_line >= BODY_LIMIT_LINES:
        message = f"only the first {BODY_LIMIT_CHARS:,} characters or {BODY_LIMIT_LINES:,} lines of the card's body were read"
        cut = Slip(kind="cut", message=message, line=front.body_line)
        front = replace(front, slips=(*front.slips, cut))
    return Card(path=document.path, url=None, front=front, blocks=read_blocks(body, front.body_line))


_LIST_OF_OTHERS = re.compile(
    r"\b(?:models?|variants?|versions?|derivatives|checkpoints)\b.{0,30}\b(?:fine-?tuned|finetuned|built|based|derived|trained)\b.{0,15}"
    r"\b(?:off|on|from|upon|with)\b|^(?:other|related|sibling|similar|all|our other|more) (?:\w+ )?(?:models|variants|versions)|^see also",
    re.IGNORECASE,
)


def is_about_others(scene: Scene, block: Block) -> bool:
    """Whether a block stands under a heading that lists other models: derivatives of this one, or its relatives."""
    return bool(block.headings) and _lists_others(block.headings[-1])


@remembered
def _lists_others(title: str) -> bool:
    return _LIST_OF_OTHERS.search(title.strip(" :#*")) is not None


def quote(text: str) -> str:
    """A text as a quote: one line, at most QUOTE_LIMIT characters."""
    line = " ".join(text[: 10 * QUOTE_LIMIT].split())
    return line if len(line) <= QUOTE_LIMIT else line[: QUOTE_LIMIT - 1].rstrip() + "…"


def strings(value: object, limit: int = 200) -> tuple[str, ...]:
    """The strings in a metadata value that should be one string or a list of them; at most `limit`."""
    if isinstance(value, str):
        return (value.strip(),) if value.strip() else ()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (str(value),)
    if isinstance(value, list):
        return tuple(item.strip() for item in value[:limit] if isinstance(item, str) and item.strip())
    return ()
