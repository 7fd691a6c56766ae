"""What is known beforehand, as tables: licenses, datasets, model families."""

from __future__ import annotations

from collections.abc import Iterator

from openaudit.licenses.catalog import License, load_catalog, term_names
from openaudit.scanners.known import load_known
from openaudit.scanners.known_facts import Corpus, Family, Part
from scripts.reference.markup import Raw, code, codes, table, text


def pages() -> dict[str, str]:
    """The three pages, by path."""
    return {
        "reference/licenses.md": "\n".join(_licenses()),
        "reference/datasets.md": "\n".join(_datasets()),
        "reference/families.md": "\n".join(_families()),
    }


def _intro(title: str, words: str) -> str:
    """The top of a page whose table takes the place of the table of contents."""
    return f"---\nhide: [toc]\n---\n\n# {title}\n\n{words}\n"


def _licenses() -> Iterator[str]:
    catalog = list(load_catalog())
    yield _intro(
        "Licenses",
        f"The {len(catalog)} licenses, policies and families of licenses that the rules know. *Grant* is what the "
        "license lets anyone do with weights that it binds; *terms* are the limits and duties that it carries, by the "
        "names that a policy uses. `openaudit rules show ID` tells all that is known of one, with clause numbers. "
        "Nothing here is legal advice.",
    )
    yield table(
        ("id", "name", "category", "grant", "terms", "source"),
        map(_license, catalog),
        ids=[f"l-{x.id}" for x in catalog],
        label="licenses",
    )


def _license(license_: License) -> tuple[object, ...]:
    ids = code(license_.id)
    tags = [tag for tag in license_.hub_ids if tag != license_.id.lower()]
    if tags:
        ids = Raw(f"{ids}<br>on the Hub: {codes(tags)}")
    approved = [name for name, yes in (("OSI", license_.osi_approved), ("FSF", license_.fsf_free)) if yes]
    name = f"{license_.name} ({', '.join(approved)})" if approved else license_.name
    grant = (
        Raw(f"{code(license_.grant.value)}<br>{text(license_.why)}")
        if license_.why
        else code(license_.grant.value)
    )
    source = license_.source or ("SPDX License List" if license_.spdx else license_.kind)
    return ids, name, license_.category, grant, codes(term_names(license_)), source


def _datasets() -> Iterator[str]:
    corpora = sorted(load_known().corpora.values(), key=lambda corpus: corpus.name.lower())
    yield _intro(
        "Datasets",
        f"The {len(corpora)} datasets that the rules know, so that a name in a card says what it is and whether it is "
        "open. *Status* is that of the collection as published; rights in its contents are a remark.",
    )
    yield table(
        ("name", "publisher", "for", "license", "status", "to be had", "on the Hub", "remarks", "source"),
        map(_corpus, corpora),
        label="datasets",
    )


def _corpus(corpus: Corpus) -> tuple[object, ...]:
    remarks = " ".join(
        filter(None, (corpus.note, *corpus.contested, "" if corpus.sure else "Could not be settled."))
    )
    license_ = code(corpus.license) if corpus.license else "none visible"
    return (
        corpus.name, corpus.publisher, corpus.kind, license_, code(corpus.status.value), corpus.availability,
        codes(corpus.hub_ids), remarks, corpus.source,
    )  # fmt: skip


def _families() -> Iterator[str]:
    families = sorted(
        load_known().families.values(), key=lambda family: (family.maker.lower(), family.name.lower())
    )
    yield _intro(
        "Model families",
        f"The {len(families)} families that the rules know. They stand in where a base cannot be read: a model whose "
        "name or card says that it is made from one of them is bound by its license. Where a base can be read, what it "
        "says goes first.",
    )
    yield table(
        ("family", "maker", "license", "made from", "training code", "training data", "papers", "remarks"),
        map(_family, families),
        label="families",
    )


def _family(family: Family) -> tuple[object, ...]:
    license_ = code(family.license) if family.license else "depends on the version"
    remarks = " ".join(
        filter(
            None,
            (
                family.note,
                "Also an architecture that others train from scratch." if family.architecture else "",
                _GIVEN_OUT.get(family.access.status, "") if family.access else "",
            ),
        )
    )
    return (
        family.name,
        family.maker,
        license_,
        codes(family.bases),
        _part(family.training_code),
        _part(family.training_data),
        _papers(family),
        remarks,
    )


_GIVEN_OUT = {
    "gated": "Given out after a form on the Hub.",
    "on-request": "Given out on application, or as a difference.",
}


def _papers(family: Family) -> Raw:
    shown = [
        text(", ".join(filter(None, (paper.url, paper.venue, _COVERS[paper.covers]))))
        for paper in family.papers or ()
    ]
    return Raw("<br>".join(shown) or ("none" if family.papers == () else ""))


_COVERS = {"model": "", "base": "on its base", "part": "on a part of it"}


def _part(part: Part) -> Raw:
    stages = f" ({', '.join(part.stages)})" if part.stages else ""
    return Raw(f"{code(part.status.value)} {text(part.reason + stages)}<br>{text(part.source)}")
