"""What is known beforehand, as tables: licenses, datasets, model families."""

from __future__ import annotations

from collections.abc import Iterator

from openaudit.licenses.catalog import License, load_catalog, term_names
from openaudit.scanners.known import Corpus, Family, Part, load_known
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
        ("family", "maker", "license", "made from", "training code", "training data", "remarks"),
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
        remarks,
    )


def _part(part: Part) -> Raw:
    return Raw(f"{code(part.status.value)} {text(part.reason)}<br>{text(part.source)}")
