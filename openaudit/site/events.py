"""What happened, as a page and as an Atom feed: models that came, verdicts that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from openaudit.formats.safe_text import clean
from openaudit.site.cards import Card
from openaudit.site.history import Change, changes, why_again
from openaudit.site.names import digest
from openaudit.site.rendering import Render, Site

_ON_THE_PAGE = 300
_IN_THE_FEED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A report that came: the model, when, in words what is new, and where its page is."""

    id: str
    at: str
    what: str
    path: str
    key: str
    changes: tuple[Change, ...]


def events(cards: Sequence[Card]) -> list[Event]:
    """Every first report, and every later one that says something else than the one before; the newest first."""
    found = [event for card in cards for event in _of(card)]
    return sorted(found, key=lambda event: (event.at, event.id, event.key), reverse=True)


def _of(card: Card) -> Iterator[Event]:
    path = f"models/{card.page}.html"
    oldest = card.versions[-1]
    what = f"first report: {card.level_name}"
    if len(card.versions) > 1:
        what = f"first report: {oldest.opened().report.level_name}"
    yield Event(id=card.id, at=oldest.at, what=clean(what), path=path, key=oldest.key, changes=())
    for new, old in zip(card.versions, card.versions[1:], strict=False):
        before, after = old.opened().report, new.opened().report
        changed = changes(before, after)
        if changed:
            what = f"changed: {why_again(before, after).lower()}"
            yield Event(
                id=card.id, at=new.at, what=what, path=f"{path}#v-{new.key}", key=new.key, changes=changed
            )


def changes_page(site: Site, found: Sequence[Event], render: Render) -> str:
    """The page of changes."""
    shown = found[:_ON_THE_PAGE]
    days = [
        {"name": day or "An unknown day", "anchor": day or "unknown", "events": list(group)}
        for day, group in groupby(shown, key=lambda event: event.at[:10])
    ]
    return render("changes.html.j2", path="changes.html", days=days, left_out=len(found) - len(shown))


def feed(site: Site, found: Sequence[Event]) -> str:
    """The newest changes as an Atom feed. Without a base address its links are relative to the feed.

    Source: RFC 4287.
    """
    base = site.base_url or ""
    updated = site.newest or "1970-01-01T00:00:00Z"
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<title>{_text(site.title)}: changes</title>",
        f"<id>{_text(base or 'urn:openaudit:' + digest(site.title, 16))}</id>",
        f"<updated>{updated}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(base + "changes.html")}/>',
        *(
            [f'<link rel="self" type="application/atom+xml" href={quoteattr(base + "feed.xml")}/>']
            if base
            else []
        ),
        f"<author><name>{_text(site.title)}</name></author>",
        f"<generator>openaudit {_text(site.tool_version)}</generator>",
    ]
    for event in found[:_IN_THE_FEED]:
        said = "; ".join(f"{change.what}: {change.before} → {change.after}" for change in event.changes)
        lines += [
            "<entry>",
            f"<title>{_text(event.id)}: {_text(event.what)}</title>",
            f"<id>urn:openaudit:{event.key}:{digest(event.id, 16)}</id>",
            f"<updated>{event.at or updated}</updated>",
            f'<link rel="alternate" type="text/html" href={quoteattr(base + event.path)}/>',
            f"<summary>{_text(said or event.what)}</summary>",
            "</entry>",
        ]
    return "\n".join([*lines, "</feed>", ""])


def _text(text: str) -> str:
    return escape(clean(text, 1000))
