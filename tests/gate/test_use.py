"""Which terms bind which use: one row a case, figures from rules/licenses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openaudit.gate.facts import Bound, Facts
from openaudit.gate.judging import Case, Knowing, duties, judge
from openaudit.gate.policy import Demands, DeniedTerm, LicenseLists, Pick, Use
from openaudit.gate.words import load_words
from openaudit.licenses.catalog import load_catalog

KNOWING = Knowing(catalog=load_catalog(), words=load_words())
EU = KNOWING.words.all_codes(["EU"])
LLAMA_31 = "LicenseRef-scancode-llama-3.1-license-2024"
LLAMA_32 = "LicenseRef-scancode-llama-3.2-license-2024"


def facts(license_: str, *, multimodal: bool | None = None, **more: object) -> Facts:
    """A model under a license of the catalog, as the report would tell it."""
    known = KNOWING.catalog.by_id(license_)
    made = Facts(
        id="acme/m",
        subject="model",
        revision="a" * 40,
        level="restricted-weight",
        grant=known.grant.value if known else "restricted",
        license=license_,
        bounds=(Bound(license=license_, terms=KNOWING.terms_of(license_)),),
        multimodal=multimodal,
        texts={},
        statements="sha256:" + "0" * 64,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def broken(given: Facts, **demands: object) -> list[str]:
    case = Case(target="acme/m", facts=given, demands=Demands(**demands))  # type: ignore[arg-type]
    return [violation.rule for violation in judge(case, KNOWING)]


def use(*kinds: str, **more: object) -> Use:
    return Use(kinds=frozenset(kinds), **more)  # type: ignore[arg-type]


def key(short: str) -> str:
    found = KNOWING.catalog.by_key(short)
    assert found is not None, short
    return found.id


@pytest.mark.parametrize(
    ("license_", "declared", "expected"),
    [
        (LLAMA_31, use("hosted-service", monthly_users=699_999_999), []),
        (LLAMA_31, use("hosted-service", monthly_users=700_000_000), ["use/user-threshold"]),
        (LLAMA_31, use("training-on-outputs"), []),  # a naming duty, no ban
        (key("llama-3-community"), use("training-on-outputs"), ["use/training-on-outputs"]),
        ("CC-BY-NC-4.0", use("internal"), ["use/commercial"]),
        ("CC-BY-NC-4.0", use("internal", commercial=False), []),
        ("CC-BY-ND-4.0", use("internal"), []),
        ("CC-BY-ND-4.0", use("fine-tuning"), ["use/fine-tuning"]),
        ("MIT", use("redistribution", "embedding", "training-on-outputs", monthly_users=10**9), []),
    ],
)
def test_terms_bind_the_use_that_runs_into_them(license_: str, declared: Use, expected: list[str]) -> None:
    assert broken(facts(license_), use=declared) == expected


@pytest.mark.parametrize(
    ("multimodal", "regions", "expected"),
    [
        (True, EU, ["use/territory"]),
        (None, EU, ["use/territory"]),  # what could not be told is no pass
        (False, EU, []),
        (True, frozenset({"US"}), []),
        (True, frozenset(), []),
    ],
)
def test_a_territory_for_multimodal_models_binds_those_alone(
    multimodal: bool | None, regions: frozenset[str], expected: list[str]
) -> None:
    assert broken(facts(LLAMA_32, multimodal=multimodal), use=use("internal", regions=regions)) == expected


def test_every_territory_and_sector_of_the_catalog_is_a_word_that_is_known() -> None:
    for license_ in KNOWING.catalog:
        for region in license_.terms.territory_excluded:
            assert KNOWING.words.codes(region), f"{license_.id}: {region}"


def test_a_threshold_that_only_asks_for_a_name_is_a_duty() -> None:
    shown = [
        license_
        for license_ in KNOWING.catalog
        if license_.terms.user_threshold and "name is shown" in license_.terms.user_threshold.effect
    ]
    assert shown
    for license_ in shown:
        given = facts(license_.id)
        demands = Demands(use=use("hosted-service", monthly_users=10**9))
        case = Case(target="acme/m", facts=given, demands=demands)
        assert "use/user-threshold" not in [v.rule for v in judge(case, KNOWING)]
        assert any("so this is a duty" in duty for duty in duties(case, KNOWING))


def test_a_revenue_a_month_is_held_against_the_yearly_one() -> None:
    monthly = next(
        license_
        for license_ in KNOWING.catalog
        if (limit := license_.terms.revenue_threshold)
        and limit.per == "month"
        and "shown" not in limit.effect
    )
    limit = monthly.terms.revenue_threshold
    assert limit is not None
    given = facts(monthly.id)
    assert "use/revenue-threshold" in broken(given, use=use("internal", annual_revenue_usd=limit.usd * 12))
    assert "use/revenue-threshold" not in broken(
        given, use=use("internal", annual_revenue_usd=limit.usd * 11)
    )


def test_the_terms_of_a_base_bind_as_well() -> None:
    given = facts("MIT")
    bound = Bound(who="meta-llama/Llama-3.1-8B", license=LLAMA_31, terms=KNOWING.terms_of(LLAMA_31))
    given = replace(given, bounds=(*given.bounds, bound))
    demands = Demands(use=use("internal", monthly_users=700_000_000))
    [violation] = judge(Case(target="acme/m", facts=given, demands=demands), KNOWING)
    assert violation.rule == "use/user-threshold"
    assert "meta-llama/Llama-3.1-8B" in violation.message


def test_a_term_of_which_only_the_name_is_known_is_no_pass_for_a_declared_figure() -> None:
    given = facts("x", bounds=(Bound(license=None, terms=("user-threshold", "non-commercial")),))
    assert broken(given, use=use("internal", monthly_users=1)) == ["use/commercial", "use/unknown-figure"]
    assert broken(given, use=use("internal", commercial=False)) == []


def test_where_the_user_may_choose_a_license_the_better_one_counts() -> None:
    given = facts("MIT", license="MIT OR CC-BY-NC-4.0")
    given = replace(given, bounds=(Bound(license="MIT OR CC-BY-NC-4.0", terms=("non-commercial",)),))
    assert broken(given, use=use("internal"), deny_terms=(DeniedTerm(term="non-commercial"),)) == []
    both = replace(given, bounds=(Bound(license="MIT AND CC-BY-NC-4.0", terms=("non-commercial",)),))
    assert broken(both, use=use("internal")) == ["use/commercial"]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (DeniedTerm(term="user-threshold"), ["deny-terms/user-threshold"]),
        (DeniedTerm(term="user-threshold", figure=700_000_000), ["deny-terms/user-threshold"]),
        (DeniedTerm(term="user-threshold", figure=1_000_000), []),
        (DeniedTerm(term="territory", regions=EU), ["deny-terms/territory"]),
        (DeniedTerm(term="territory", regions=frozenset({"US"})), []),
        (DeniedTerm(term="naming"), ["deny-terms/naming"]),
        (DeniedTerm(term="share-alike"), []),
    ],
)
def test_denied_terms_carry_figures_of_their_own(term: DeniedTerm, expected: list[str]) -> None:
    assert broken(facts(LLAMA_32, multimodal=True), deny_terms=(term,)) == expected


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (LicenseLists(allow=(Pick(written="mit", ids=frozenset({"MIT"})),)), []),
        (LicenseLists(allow=(Pick(written="bsd", ids=frozenset({"BSD-3-Clause"})),)), ["licenses/allow"]),
        (LicenseLists(allow=()), ["licenses/allow"]),
        (LicenseLists(deny=(Pick(written="MIT", ids=frozenset({"MIT"})),)), ["licenses/deny"]),
        (LicenseLists(review=(Pick(written="MIT", ids=frozenset({"MIT"})),)), ["licenses/review"]),
    ],
)
def test_license_lists(lists: LicenseLists, expected: list[str]) -> None:
    assert broken(facts("MIT"), licenses=lists) == expected


@pytest.mark.parametrize("grant", ["undetermined", "unlicensed"])
def test_a_license_that_is_not_known_passes_no_demand_on_licenses(grant: str) -> None:
    rule = {"undetermined": "license-unknown", "unlicensed": "license-missing"}[grant]
    given = facts("MIT", grant=grant)
    assert broken(given, use=use("internal")) == [rule]
    assert broken(given, deny_terms=(DeniedTerm(term="naming"),)) == [rule]
    assert broken(given) == []


def test_the_digest_changes_with_what_was_judged_and_not_with_the_revision() -> None:
    def digest(given: Facts) -> str:
        case = Case(target="acme/m", facts=given, demands=Demands(minimum_level="open-weight"))
        return judge(case, KNOWING)[0].evidence

    given = facts(LLAMA_31)
    assert digest(given) == digest(replace(given, revision="b" * 40, coverage=0.5))
    for other in (
        replace(given, texts={"LICENSE": "sha256:" + "1" * 64}),
        replace(given, statements="sha256:" + "2" * 64),
        replace(given, level="research-only"),
        replace(given, grant="research-only"),
    ):
        assert digest(given) != digest(other)


@pytest.mark.parametrize(
    ("fact", "given"),
    [
        ("safe-weights", {"weights": ("loading a weight file would run code",)}),
        ("no-custom-code", {"custom_code": True}),
        ("model-card", {"card": "absent"}),
        ("license-text", {"texts": {}}),
        ("dataset-licenses", {"datasets": ()}),
        ("ungated", {"gated": "auto"}),
        ("ungated", {"gated": None}),
        ("no-conflicts", {"conflicts": ("tag-vs-text",)}),
        ("full-coverage", {"coverage": 0.9}),
        ("pinned-revision", {}),
    ],
)
def test_required_facts(fact: str, given: dict[str, Any]) -> None:
    assert broken(facts("MIT", **{"card": "open", **given}), require=frozenset({fact})) == [f"require/{fact}"]


def test_a_share_of_coverage() -> None:
    assert broken(facts("MIT", coverage=0.7), coverage=0.8) == ["require/coverage"]
    assert broken(facts("MIT", coverage=0.8), coverage=0.8) == []
