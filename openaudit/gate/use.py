"""Which terms of the licenses that bind stand against the declared use, and which duties come with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openaudit.gate.facts import Bound, Facts, ids_of
from openaudit.gate.policy import Use
from openaudit.gate.words import Words
from openaudit.licenses.catalog import Catalog, Terms

_NAME_IS_SHOWN = re.compile(r"\bname\b.*\bshown\b")
_MULTIMODAL_ONLY = re.compile(r"^multimodal (?:models )?only")
_SHOWS = frozenset({"hosted-service", "redistribution", "embedding"})
_PASSES_ON = frozenset({"redistribution", "embedding"})
MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Binds:
    """A term that the use runs into: the word of its rule (`use/<word>`), why, and the declared figure it was held
    against, for the digest of the evidence."""

    word: str
    why: str
    against: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What the license asks for, or would ask for under another use: no violation, something to know."""

    text: str


def against_use(facts: Facts, use: Use, catalog: Catalog, words: Words) -> Iterator[Binds | Duty]:
    """What every license that binds makes of the use, in order; the same remark only once."""
    said: set[str] = set()
    for bound in facts.bounds:
        for remark in _of_bound(facts, bound, use, catalog, words):
            text = remark.why if isinstance(remark, Binds) else remark.text
            if text not in said:
                said.add(text)
                yield remark


def _of_bound(facts: Facts, bound: Bound, use: Use, catalog: Catalog, words: Words) -> Iterator[Binds | Duty]:
    known: set[str] = set()
    for id_ in ids_of(bound.license):
        license_ = catalog.by_id(id_)
        if license_ is None:
            continue
        known.update(catalog.term_names(license_))
        whose = f"the license of its base {bound.who}, {license_.name}," if bound.who else license_.name
        terms = license_.terms
        yield from _commerce(terms, whose, use)
        yield from _figures(terms, whose, use)
        yield from _territory(facts, terms, whose, use, words)
        yield from _handling(terms, whose, use, words)
        yield from _duties(terms, whose, use)
    whose = f"the license of its base {bound.who}" if bound.who else "its license, as its card states it,"
    yield from _by_name(frozenset(bound.terms) - known, whose, use)


def _commerce(terms: Terms, whose: str, use: Use) -> Iterator[Binds | Duty]:
    if use.commercial and terms.commercial_use == "no" and not terms.by_approval:
        condition = f": {terms.commercial_condition}" if terms.commercial_condition else ""
        yield Binds(word="commercial", why=f"{whose} does not allow commercial use{condition}")
    elif use.commercial and terms.by_approval:
        yield Binds(
            word="by-approval",
            why=f"{whose} allows commercial use only to those whose application is approved",
        )
    elif terms.research_only and use.sector not in ("academic-research", "education"):
        yield Binds(word="research-only", why=f"{whose} allows research only")


def _figures(terms: Terms, whose: str, use: Use) -> Iterator[Binds | Duty]:
    """Thresholds: reached is exceeded, for nobody counts users to the last one."""
    users, revenue = terms.user_threshold, terms.revenue_threshold
    if users is not None:
        limit = users.monthly_active_users
        said = f"{whose} says from {_short(limit)} monthly users on: {users.effect or 'another license is needed'}"
        yield from _threshold("user-threshold", said, limit, use.monthly_users, "monthly_users", users.effect)
    if revenue is not None:
        limit = revenue.usd * (MONTHS if revenue.per == "month" else 1)
        said = f"{whose} says from ${_short(revenue.usd)} revenue a {revenue.per} on: {revenue.effect or 'another license is needed'}"
        yield from _threshold(
            "revenue-threshold", said, limit, use.annual_revenue_usd, "annual_revenue_usd", revenue.effect
        )


def _threshold(
    word: str, said: str, limit: int, mine: int | None, key: str, effect: str
) -> Iterator[Binds | Duty]:
    if mine is None:
        yield Duty(text=f"{said}; declare `{key}` to have that judged")
    elif mine < limit:
        yield Duty(text=f"{said}; not reached with {_short(mine)}")
    elif _NAME_IS_SHOWN.search(effect):
        yield Duty(text=f"{said}; you declare {_short(mine)}, so this is a duty")
    else:
        yield Binds(word=word, why=f"{said}; you declare {_short(mine)}", against=mine)


def _territory(facts: Facts, terms: Terms, whose: str, use: Use, words: Words) -> Iterator[Binds | Duty]:
    if not terms.territory_excluded:
        return
    note = f" ({terms.territory_note})" if terms.territory_note else ""
    said = f"{whose} leaves out {', '.join(terms.territory_excluded)}{note}"
    if _MULTIMODAL_ONLY.match(terms.territory_note) and facts.multimodal is False:
        yield Duty(text=f"{said}; this is a text model")
        return
    if not use.regions:
        yield Duty(text=f"{said}; declare `regions` to have that judged")
        return
    mine = sorted(use.regions & words.all_codes(terms.territory_excluded))
    if mine:
        unsure = facts.multimodal is None and _MULTIMODAL_ONLY.match(terms.territory_note)
        more = "; whether this model is multimodal could not be told" if unsure else ""
        yield Binds(
            word="territory", why=f"{said}; your regions are among them ({_few(mine)}){more}", against=mine
        )


def _handling(terms: Terms, whose: str, use: Use, words: Words) -> Iterator[Binds | Duty]:
    """What is done with the model: outputs, passing on, changing, offering, field of use."""
    outputs = "training-on-outputs" in use.kinds
    if terms.distillation == "no" or (terms.distillation == "conditional" and not terms.distillation_naming):
        said = f"{whose} limits training on outputs{_because(terms.distillation_note)}"
        yield Binds(word="training-on-outputs", why=said) if outputs else Duty(text=said)
    elif terms.distillation_naming and outputs:
        yield Duty(text=f"{whose} on models trained on outputs{_because(terms.distillation_note)}")
    if use.kinds & _PASSES_ON:
        said = f"{whose} on passing it on{_because(terms.redistribution_note)}"
        if terms.redistribution == "no":
            yield Binds(
                word="redistribution",
                why=f"{whose} does not allow it to be passed on{_because(terms.redistribution_note)}",
            )
        elif terms.redistribution == "conditional":
            yield Duty(text=said)
    if "fine-tuning" in use.kinds and terms.modification == "no":
        yield Binds(
            word="fine-tuning", why=f"{whose} allows no changed versions{_because(terms.modification_note)}"
        )
    if "hosted-service" in use.kinds and _speaks_of(terms.field_of_use, words.hosting):
        yield Binds(
            word="hosted-service", why=f"{whose} limits offering it as a service: {terms.field_of_use}"
        )
    if use.sector and _speaks_of(terms.field_of_use, words.sectors.get(use.sector, ())):
        yield Binds(
            word="sector", why=f"{whose} limits the field of use: {terms.field_of_use}", against=use.sector
        )


def _duties(terms: Terms, whose: str, use: Use) -> Iterator[Duty]:
    if terms.naming and use.kinds & (_SHOWS | {"fine-tuning"}):
        yield Duty(text=f"{whose} asks for a name: {terms.naming}")
    if terms.attribution and use.kinds & _PASSES_ON:
        yield Duty(text=f"{whose} asks for attribution: {terms.attribution}")
    if terms.acceptable_use_policy or terms.field_of_use:
        yield Duty(
            text=f"{whose} limits what it may be used for: {terms.field_of_use or 'acceptable use policy'}"
        )
    if terms.share_alike in ("yes", "conditional") and use.kinds & (_SHOWS | {"fine-tuning"}):
        yield Duty(
            text=f"{whose} asks that changed versions go under the same license{_because(terms.share_alike_note)}"
        )
    if terms.revocable or terms.unilateral_change:
        yield Duty(text=f"{whose} can be taken back or changed by the licensor: keep the text you accepted")


_BY_NAME = {
    "non-commercial": ("commercial", "does not allow commercial use"),
    "research-only": ("research-only", "allows research only"),
    "by-approval": ("by-approval", "allows commercial use only to those whose application is approved"),
    "no-derivatives": ("fine-tuning", "allows no changed versions"),
    "no-redistribution": ("redistribution", "does not allow it to be passed on"),
    "outputs-restricted": ("training-on-outputs", "limits training on outputs"),
}


def _by_name(terms: frozenset[str], whose: str, use: Use) -> Iterator[Binds | Duty]:
    """Terms of which only the name is known: no figures, no clauses."""
    meant = {
        "non-commercial": use.commercial,
        "research-only": use.sector not in ("academic-research", "education"),
        "by-approval": use.commercial,
        "no-derivatives": "fine-tuning" in use.kinds,
        "no-redistribution": bool(use.kinds & _PASSES_ON),
        "outputs-restricted": "training-on-outputs" in use.kinds,
    }
    for term in sorted(terms):
        if term in _BY_NAME:
            word, says = _BY_NAME[term]
            yield Binds(word=word, why=f"{whose} {says}") if meant[term] else Duty(text=f"{whose} {says}")
        elif term in ("user-threshold", "revenue-threshold", "territory"):
            mine = {
                "user-threshold": use.monthly_users,
                "revenue-threshold": use.annual_revenue_usd,
                "territory": sorted(use.regions) or None,
            }[term]
            said = f"{whose} has a {term.replace('-', ' on ') if term != 'territory' else 'limit of territory'} whose figures are not known"
            yield (
                Binds(word="unknown-figure", why=said, against=mine) if mine is not None else Duty(text=said)
            )
        else:
            yield Duty(text=f"{whose} carries the term {term}")


def _speaks_of(text: str, words: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE) for word in words)


def _because(note: str) -> str:
    return f": {note}" if note else ""


def _few(codes: list[str]) -> str:
    return ", ".join(codes[:5]) + (f" and {len(codes) - 5} more" if len(codes) > 5 else "")


def _short(number: int) -> str:
    """A figure as people say it: 700 million, 1 million, 12,500."""
    for size, word in ((1_000_000_000, "billion"), (1_000_000, "million")):
        if number >= size and number % (size // 10) == 0:
            return f"{number / size:g} {word}"
    return f"{number:,}"
