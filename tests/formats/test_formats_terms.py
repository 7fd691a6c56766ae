"""Facts of a license become questions that people ask, with short answers."""

from __future__ import annotations

from typing import Any

import pytest

from openaudit.formats.terms import answers, limits_named, terms_by_license


@pytest.mark.parametrize(
    ("facts", "answer", "detail"),
    [
        ({"commercial_use": "yes"}, "yes", ""),
        ({"commercial_use": True}, "yes", ""),
        (
            {"commercial_use": "no", "commercial_condition": "research only (1.a)"},
            "no",
            "research only (1.a)",
        ),
        ({"commercial_use": "conditional"}, "if", ""),
        ({"commercial_use": None}, "unknown", ""),
        ({"modification": "conditional", "modification_note": "for research"}, "if", "for research"),
        ({"share_alike": "yes"}, "limit", ""),
        ({"share_alike": "no"}, "none", ""),
        ({"revocable": False}, "none", ""),
        ({"territory_excluded": []}, "none", ""),
        ({"territory_excluded": ["EU", "UK"], "territory_note": "(5.d)"}, "limit", "EU, UK: (5.d)"),
        (
            {
                "user_threshold": {
                    "monthly_active_users": 700_000_000,
                    "effect": "a license from Meta is needed",
                }
            },
            "limit",
            "from 700,000,000 monthly active users: a license from Meta is needed",
        ),
        (
            {"revenue_threshold": {"usd": 1_000_000, "per": "year", "effect": ""}},
            "limit",
            "from 1,000,000 US dollars; per year",
        ),
        ({"patent": "rights end for who sues (5.c)"}, "note", "rights end for who sues (5.c)"),
        ({"something_new": {"a": 1}}, "limit", "a: 1"),
        ({"commercial_use": {"note": "ask"}}, "yes", "ask"),
    ],
)
def test_a_fact_is_the_answer_to_a_question(facts: dict[str, Any], answer: str, detail: str) -> None:
    (term,) = answers(facts)
    assert (term.answer, term.detail) == (answer, detail)


def test_terms_of_several_licenses_stay_apart_and_flat_terms_are_one_license() -> None:
    nested = terms_by_license(
        {"names": ["naming"], "licenses": {"A": {"naming": "A-"}, "B": {"naming": "B-"}, "C": {}}}
    )
    assert [(group.license, group.terms[0].detail) for group in nested] == [("A", "A-"), ("B", "B-")]
    assert [group.license for group in terms_by_license({"naming": "X"})] == [""]
    assert terms_by_license({}) == []


def test_names_of_limits_are_said_in_words() -> None:
    assert limits_named({"names": ["user-threshold", "share-alike"]}) == "limit on users, share alike"
    assert limits_named({"names": "x"}) == limits_named({}) == ""


def test_questions_come_in_the_order_people_ask() -> None:
    facts = {"zebra": 1, "revocable": True, "commercial_use": "yes", "redistribution": "yes"}
    assert [term.question for term in answers(facts)] == [
        "Use it commercially",
        "Pass it on",
        "Can be revoked",
        "Zebra",
    ]
