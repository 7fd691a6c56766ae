"""A page a license: what it allows by what the rules know of it, and which models it binds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openaudit.formats import terms, wording
from openaudit.licenses.catalog import Catalog, License
from openaudit.site.cards import Card
from openaudit.site.names import page_names
from openaudit.site.rendering import Render, Site
from openaudit.vocabulary import Grant

_MAIN = (
    ("commercial_use", "Use it commercially"),
    ("modification", "Change it"),
    ("redistribution", "Pass it on"),
    ("distillation", "Train on outputs"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicensePage:
    """What the page of a license shows. `main` answers the four questions of the list."""

    id: str
    page: str
    name: str
    grant: Grant
    why: str
    publisher: str
    source: str
    lists: tuple[tuple[str, str], ...]
    main: tuple[tuple[str, terms.Answer], ...]
    terms: tuple[terms.Term, ...]
    cards: Sequence[Card]


def license_page_names(cards: Sequence[Card]) -> Mapping[str, str]:
    """The page of each license that binds a model."""
    return page_names(card.license for card in cards if card.license)


def license_pages(site: Site, catalog: Catalog, render: Render) -> Iterator[tuple[str, str]]:
    """The list of licenses and the page of each, as path and text."""
    licenses = [_license(id_, page, site.cards, catalog) for id_, page in site.license_pages.items()]
    licenses.sort(key=lambda license: (-len(license.cards), license.id))
    without = [card for card in site.cards if card.license is None]
    yield (
        "licenses.html",
        render("licenses.html.j2", path="licenses.html", licenses=licenses, without=without),
    )
    for license in licenses:
        path = f"licenses/{license.page}.html"
        yield path, render("license.html.j2", path=path, license=license)


def _license(id_: str, page: str, cards: Sequence[Card], catalog: Catalog) -> LicensePage:
    members = [card for card in cards if card.license == id_]
    known = catalog.by_id(id_)
    facts = known.terms.as_dict() if known else _told(members, id_)
    answers = tuple(terms.answers(facts))
    return LicensePage(
        id=id_,
        page=page,
        name=(known.name if known else members[0].license_name) or wording.short_license(id_),
        grant=known.grant if known else members[0].grant,
        why=known.why if known else "",
        publisher=known.publisher if known else "",
        source=known.source if known else "",
        lists=_lists(known),
        main=tuple((words, next(iter(terms.answers({key: facts.get(key)}))).answer) for key, words in _MAIN),
        terms=answers,
        cards=members,
    )


def _told(members: Sequence[Card], id_: str) -> Mapping[str, object]:
    """The terms as a report tells them, for a license that the rules do not know (an expression, a user's own)."""
    told = members[0].versions[0].document()["license"]["terms"]
    licenses = told.get("licenses", {})
    facts = licenses.get(id_) if isinstance(licenses, dict) else None
    return facts if isinstance(facts, dict) else {}


def _lists(known: License | None) -> tuple[tuple[str, str], ...]:
    if known is None:
        return ()
    rows = (("Approved by the OSI", known.osi_approved), ("Free by the FSF", known.fsf_free))
    return tuple((label, "yes" if answer else "no") for label, answer in rows if answer is not None)
