"""Links to code and papers in a card, and what the words around them say they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.scanners.code_links import code_target
from openaudit.scanners.code_owner import is_named_after
from openaudit.scanners.makers import same_maker
from openaudit.scanners.markdown import Block, Link, sentences
from openaudit.scanners.scene import Scanned, Scene, quote, strings
from openaudit.vocabulary import Evidence, Where

_COMPARED = re.compile(
    r"\b(?:outperform\w*|compared (?:to|with)|unlike|in contrast|vs\.?|similar to|inspired by|thanks? to)\b",
    re.IGNORECASE,
)
_FRAMEWORK = re.compile(r"\b(?:framework|librar(?:y|ies))\b", re.IGNORECASE)
_PAPER_LABEL = re.compile(
    r"\W*(?:(?:the|our|arxiv|tech(?:nical)?|research) )?(?:paper|report|pre-?print)\W*", re.IGNORECASE
)
_LABEL = re.compile(r"\b(?:repo(?:sitory)?|code ?base|code|source|github)\b", re.IGNORECASE)
_MAX_EVIDENCE = 60
_REACH = 400
"""How many characters before and after a link its sentence may begin and end."""


def scan_links(scene: Scene) -> Scanned:
    """Evidence of code repositories and papers, each address once per role."""
    if scene.card is None:
        return Scanned()
    found: dict[tuple[str, str], Evidence] = {}
    for block in scene.card.blocks:
        if block.kind == "comment" or not (block.links or block.kind == "code"):
            continue
        for evidence in (*_code(scene, block), *_papers(scene, block)):
            key = (evidence.topic, evidence.value.lower())
            if key not in found or evidence.confidence > found[key].confidence:
                found[key] = evidence
        if len(found) >= _MAX_EVIDENCE:
            break
    for evidence in (*_stock(scene), *_commands(scene), *_tagged_papers(scene)):
        found.setdefault((evidence.topic, evidence.value.lower()), evidence)
    return Scanned(evidence=tuple(found.values()))


def _code(scene: Scene, block: Block) -> Iterator[Evidence]:
    for link in block.links:
        repository = code_target(link.url)
        if repository is None:
            continue
        context = _context(block, link)
        if _COMPARED.search(context):
            continue
        _, owner, *_, name = repository.id.split("/")
        where = Where(path=scene.card.path if scene.card else None, lines=(link.line, link.line))
        whose = _whose(scene, owner, name, context)
        roles = tuple(role for role, pattern in scene.lexicon.code_roles if pattern.search(context)) or (
            "repository",
        )
        for role in roles:
            yield Evidence(
                topic=f"code.link.{role}",
                value=f"https://{repository.id}",
                where=where,
                quote=quote(context),
                method="card link",
                confidence={"own": 0.9, "other": 0.6}.get(whose, 0.5),
                detail={"owner": whose},
            )


def _whose(scene: Scene, owner: str, name: str, context: str) -> str:
    """`library` for a general one or what the card calls a framework; `own`; `other`."""
    library = scene.code.library(f"{owner}/{name}")
    general = library is not None and not library.workshop
    if same_maker(owner, scene.owner, scene.code.accounts):
        named_after = is_named_after(scene.name, name)
        return "library" if (general or _FRAMEWORK.search(context)) and not named_after else "own"
    if general:
        return "library"
    return "own" if not scene.owner and _LABEL.search(context) else "other"


def _context(block: Block, link: Link) -> str:
    """The words around a link: its sentence or list item, with the heading and the item above."""
    at = block.text.find(link.text) if link.text else -1
    text = block.text
    if at >= 0 and len(text) > 160:
        start = max(0, at - _REACH)
        around, at = text[start : at + _REACH], at - start
        piece, before = next(((s, o) for o, s in sentences(around) if o <= at < o + len(s)), (around, 0))
        at -= before
        text = piece if len(piece) < _REACH else piece[max(0, at - 200) : at + 200]
    heading = block.headings[-1] if block.headings else ""
    parent = block.parents[-1] if block.parents else ""
    return f"{heading}: {parent[:120]} {text}"[:700] if parent else f"{heading}: {text}"[:700]


_BIBTEX = re.compile(r"@\w{3,20}\s{0,4}\{")
"""Of several entries the first is how to cite this model; the others are what it was made with."""


def _papers(scene: Scene, block: Block) -> Iterator[Evidence]:
    texts = [
        (link.url[:_REACH], _context(block, link), link.line, _PAPER_LABEL.fullmatch(link.text) is not None)
        for link in block.links
    ]
    if block.kind == "code" and _BIBTEX.search(block.text):
        own = (
            block is next((b for b in scene.card.blocks if _BIBTEX.search(b.text)), None)
            if scene.card
            else False
        )
        texts.append(
            (block.text[:4000], "citation bibtex" if own else "entry of another work", block.lines[0], own)
        )
    for text, context, line, labelled in texts:
        for kind, pattern in scene.lexicon.papers:
            match = pattern.search(text)
            if match is None:
                continue
            own = labelled or scene.lexicon.own_paper.search(context) is not None
            where = Where(path=scene.card.path if scene.card else None, lines=(line, line))
            value = f"{kind}:{match[1].rstrip('.')}"
            if kind == "arxiv":
                value = value.removesuffix(".pdf")
            own = own and not scene.known.is_others_paper(value, scene.snapshot.id)
            yield Evidence(
                topic="paper.own" if own else "paper.cited", value=value, where=where, quote=quote(context),
                method="card link", confidence=0.8 if own else 0.5,
            )  # fmt: skip
            break


def _tagged_papers(scene: Scene) -> Iterator[Evidence]:
    """`arxiv:` tags of the metadata: the Hub makes them of any arXiv link in the card, so they only say "cited"."""
    value, where = scene.front("tags")
    for tag in strings(value):
        if tag.lower().startswith("arxiv:"):
            yield Evidence(
                topic="paper.cited",
                value=tag.lower(),
                where=where,
                quote=tag,
                method="metadata",
                confidence=0.5,
            )


def _commands(scene: Scene) -> Iterator[Evidence]:
    """The first command line of the card that starts a training script."""
    assert scene.card is not None
    for block in scene.card.blocks:
        match = scene.lexicon.training_commands.search(block.text) if block.kind == "code" else None
        if match:
            yield Evidence(
                topic="code.command.training",
                value=quote(match[0])[-80:],
                where=scene.at(block, match.start()),
                quote=quote(match[0]),
                method="usage code",
                confidence=0.7,
            )
            return


_FRAMEWORKS = ("torch", "tensorflow", "keras", "jax")
"""Imported beside the library that loads the model."""


def _library_in(code: str) -> str:
    """The library in `from x`, `import x`, or a command line that begins with its name (`x serve`)."""
    words = code.lower().split()
    return words[-1] if words[0] in ("from", "import") else words[0]


def _stock(scene: Scene) -> Iterator[Evidence]:
    """Open-source libraries that load this model: the card's `library_name`, or usage code in the card."""
    value, where = scene.front("library_name")
    for name in strings(value, 3):
        if name.lower() in scene.lexicon.stock_libraries:
            yield Evidence(
                topic="code.stock-library",
                value=name.lower(),
                where=where,
                quote=f"library_name: {name}",
                method="metadata",
            )
    assert scene.card is not None
    for block in scene.card.blocks:
        found = list(scene.lexicon.stock_code.finditer(block.text)) if block.kind == "code" else []
        match = next((m for m in found if _library_in(m[0]) not in _FRAMEWORKS), found[0] if found else None)
        if match:
            yield Evidence(
                topic="code.stock-library", value=_library_in(match[0]), where=scene.at(block, match.start()),
                quote=quote(match.string[match.start() : match.end() + 80]), method="usage code", confidence=0.8,
            )  # fmt: skip
            return
