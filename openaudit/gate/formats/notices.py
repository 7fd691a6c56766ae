"""The notice pack as Markdown and as plain text: the same blocks, written twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from openaudit import __version__
from openaudit.formats.markdown import escape
from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.gate.notices import Notice, Terms

_HEAD = (
    "What has to go along with the models named here, as far as their repositories and the rules tell. "
    "It is no legal advice; what is not known is said under “Not known”."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of the pack: a heading, a sentence, or an item of a list with an address behind it."""

    kind: Literal["title", "model", "part", "sentence", "item"]
    words: str
    url: str | None = None


def markdown(notices: Sequence[Notice], rules_version: str) -> str:
    """The pack as Markdown; everything quoted is escaped; the same notices give the same bytes."""
    return _written(_blocks(notices, rules_version), _as_markdown)


def text(notices: Sequence[Notice], rules_version: str) -> str:
    """The pack as plain text for a NOTICE file; the same notices give the same bytes."""
    return _written(_blocks(notices, rules_version), _as_text)


def _written(blocks: Iterable[Block], write: Callable[[Block], list[str]]) -> str:
    lines: list[str] = []
    last = ""
    for block in blocks:
        if lines and not (block.kind == "item" and last == "item"):
            lines.append("")
        lines += write(block)
        last = block.kind
    return "\n".join(lines) + "\n"


def _as_markdown(block: Block) -> list[str]:
    words = escape(block.words, 2_000)
    if block.kind == "item":
        return [f"- {words}{f' <{block.url}>' if block.url else ''}"]
    return [{"title": "# ", "model": "## ", "part": "### "}.get(block.kind, "") + words]


def _as_text(block: Block) -> list[str]:
    words = clean(block.words, 2_000)
    if block.kind == "item":
        return [f"  * {words}", *([f"    {block.url}"] if block.url else [])]
    underline = {"title": "=", "model": "-"}.get(block.kind)
    return [words, underline * min(len(words), 78)] if underline else [words]


# ---------------------------------------------------------------- blocks


def _blocks(notices: Sequence[Notice], rules_version: str) -> Iterator[Block]:
    ordered = sorted(notices, key=lambda each: (each.kind, each.id.casefold(), each.id, each.revision or ""))
    yield Block(kind="title", words="Notices for AI models")
    yield Block(kind="sentence", words=_HEAD)
    if not ordered:
        yield Block(kind="sentence", words="No model or dataset is used here.")
    shown = dict.fromkeys((line, notice.id) for notice in ordered for line in notice.show)
    if shown:
        yield Block(kind="model", words="Lines to show")
        yield from (Block(kind="item", words=f"“{line}” ({portable(id_)})") for line, id_ in shown)
    for notice in ordered:
        yield from _notice(notice)
    yield Block(kind="sentence", words=f"Made by openaudit {__version__}, rules {rules_version}.")


def _notice(notice: Notice) -> Iterator[Block]:
    name = portable(notice.id)
    yield Block(kind="model", words=f"Dataset {name}" if notice.kind == "dataset" else name)
    if notice.revision:
        yield Block(kind="item", words=f"Revision {notice.revision}", url=None)
    if notice.url:
        yield Block(kind="item", words="Source:", url=notice.url)
    yield from (Block(kind="item", words=f"Made as {made}") for made in notice.made_from)
    yield from _part("License", (block for terms in notice.terms for block in _license(terms, name)))
    yield from _part("Copyright", (Block(kind="item", words=line) for line in notice.copyrights))
    yield from _part(
        "Notices that the license prescribes",
        (Block(kind="item", words=f"“{line}”") for line in notice.prescribed),
    )
    yield from _part("Texts to pass on", _texts(notice))
    yield from _part("Not known", (Block(kind="item", words=line) for line in notice.unknown))


def _part(title: str, items: Iterable[Block]) -> Iterator[Block]:
    blocks = list(items)
    if blocks:
        yield Block(kind="part", words=title)
        yield from blocks


def _license(terms: Terms, name: str) -> Iterator[Block]:
    of = "" if terms.of == name else f", of {portable(terms.of)}"
    words = f"{terms.name} ({terms.id}){of}" if terms.name != terms.id else f"{terms.id}{of}"
    yield Block(kind="item", words=f"{words}{':' if terms.pages else ''}", url=next(iter(terms.pages), None))
    yield from (Block(kind="item", words=duty) for duty in terms.duties)
    if terms.limits:
        yield Block(kind="item", words=f"Limits and duties that go along: {', '.join(terms.limits)}.")


def _texts(notice: Notice) -> Iterator[Block]:
    names = {"license": "License", "notice": "Notice", "policy": "Acceptable use policy"}
    for each in notice.texts:
        words = f"{names[each.kind]}: {clean_name(each.path)} of {portable(each.repository)}"
        yield Block(kind="item", words=f"{words}{':' if each.url else ''}", url=each.url)
    listed = {each.kind for each in notice.texts}
    if "policy" not in listed:
        for terms in notice.terms:
            if terms.policy:
                words = f"Acceptable use policy of {terms.name}: not in the repository as a file of its own; see the license"
                yield Block(
                    kind="item",
                    words=f"{words}{':' if terms.pages else '.'}",
                    url=next(iter(terms.pages), None),
                )
