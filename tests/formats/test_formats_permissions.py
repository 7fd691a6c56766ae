"""What you may do: six questions, the strictest answer of all licenses that bind, and never a yes that nobody saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from openaudit.formats.json_v1 import failure_object, report_object
from openaudit.formats.permissions import QUESTIONS, Permission, permissions_of
from tests.formats.reports import ATTACK, dataset_report, failure, family_report, poisoned, rich_report

OPEN = {"commercial_use": "yes", "modification": "yes", "redistribution": "yes", "distillation": "yes"}
CREDIT = {**OPEN, "attribution": "license and notices go along (4)"}
COMMUNITY = {
    **CREDIT,
    "commercial_use": "conditional",
    "commercial_condition": "above 700 million monthly active users a separate license is needed (2)",
    "user_threshold": {"monthly_active_users": 700_000_000, "effect": "a separate license is needed (2)"},
    "acceptable_use_policy": True,
    "field_of_use": "acceptable use policy, part of the license (1.b.iv)",
    "distillation": "no",
    "distillation_note": "not to improve other models (1.b.v)",
    "naming": "names begin with X (1.b.i)",
}
RESEARCH = {
    "commercial_use": "no",
    "commercial_condition": "non-commercial research only (2)",
    "research_only": True,
    "modification": "conditional",
    "modification_note": "for research",
    "redistribution": "no",
    "distillation": "no",
}
NO_CHANGES = {
    **OPEN,
    "modification": "conditional",
    "modification_note": "changed versions may not be shared",
}
NOT_IN_EUROPE = {
    **OPEN,
    "territory_excluded": ["European Union", "United Kingdom"],
    "territory_note": "(1.l)",
}


def report(
    grant: str,
    licenses: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    names: tuple[str, ...] = (),
    imposed: Mapping[str, list[str]] | None = None,
    lineage: tuple[Mapping[str, Any], ...] = (),
    choose: tuple[str, ...] = (),
    subject: str = "model",
) -> dict[str, Any]:
    terms: dict[str, Any] = {"licenses": licenses or {}, "names": list(names)}
    if imposed is not None:
        terms["imposed"] = imposed
    sources = [{"binding": True, "joined": "any", "licenses": list(choose)}] if choose else []
    return {
        "target": {"id": "org/name", "subject": subject},
        "license": {"grant": grant, "terms": terms, "sources": sources, "reason": "Not seen."},
        "lineage": list(lineage),
    }


def base(id_: str, grant: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "of": "org/name", "depth": 1, "grant": grant, "terms": [], "reach": "read", **more}


def answers(document: Mapping[str, Any]) -> str:
    """The six answers in order: y yes, i yes-if, u could not be told, n no."""
    return "".join(permission.answer[0] for permission in permissions_of(document))


def answer(document: Mapping[str, Any], ability: str) -> Permission:
    return next(permission for permission in permissions_of(document) if permission.ability == ability)


# the order: use, change, share, sell, train, host in the EU
TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("a plain permissive license", report("open", {"MIT": CREDIT}), "yyyyyy"),
    (
        "an open grant whose license says nothing of outputs",
        report("open", {"X": {"commercial_use": "yes"}}),
        "yyyyyy",
    ),
    ("an open grant of a text without known facts", report("open"), "yyyyyy"),
    ("share-alike", report("open", {"GPL": {**CREDIT, "share_alike": "yes"}}), "yyiyyy"),
    ("a community license", report("restricted", {"X": COMMUNITY}), "iiiini"),
    ("research only", report("research-only", {"X": RESEARCH}), "iinnni"),
    ("no changed versions", report("research-only", {"X": NO_CHANGES}), "yiyyyy"),
    ("not in the EU", report("restricted", {"X": NOT_IN_EUROPE}), "iyyiyn"),
    (
        "multimodal models not in the EU",
        report("restricted", {"X": {**NOT_IN_EUROPE, "territory_note": "multimodal models only"}}),
        "iyyiyi",
    ),
    ("excluded elsewhere", report("restricted", {"X": {**OPEN, "territory_excluded": ["Cuba"]}}), "iyyiyi"),
    ("no license", report("unlicensed"), "nnnnnn"),
    ("no license in spite of facts", report("unlicensed", {"MIT": OPEN}), "nnnnnn"),
    ("terms that were not seen", report("undetermined"), "uuuuuu"),
    ("terms of which a part was seen", report("undetermined", {"X": RESEARCH}), "uunnnu"),
    ("a yes of which a part was seen", report("undetermined", {"MIT": OPEN}), "uuuuuu"),
    ("a limit that was not told", report("restricted"), "uuuuuu"),
    ("a limit that no fact shows", report("restricted", {"X": OPEN}), "uuuuuu"),
    ("research only, which was not told", report("research-only", {"X": OPEN}), "yuuuyy"),
    (
        "a license and the card's own limit",
        report("research-only", {"MIT": OPEN}, names=("non-commercial",)),
        "iyynyi",
    ),
    ("two licenses, both bind", report("research-only", {"MIT": OPEN, "X": RESEARCH}), "iinnni"),
    ("two to choose from", report("open", {"MIT": OPEN, "X": RESEARCH}, choose=("MIT", "X")), "yyyyyy"),
    (
        "an ancestor's limits by name",
        report(
            "restricted",
            {"MIT": OPEN},
            imposed={"meta/Base": ["naming", "acceptable-use", "outputs-restricted"]},
        ),
        "iiiiui",
    ),
    (
        "an ancestor whose license is in the report",
        report(
            "restricted",
            {"X": COMMUNITY},
            imposed={"meta/Base": ["territory"]},
            lineage=(base("meta/Base", "restricted", license="X"),),
        ),
        "iiiini",
    ),
    (
        "an ancestor's excluded places, which its name does not tell",
        report("restricted", {"MIT": OPEN}, imposed={"a/b": ["territory"]}),
        "iyyiyu",
    ),
    (
        "an ancestor that was not read",
        report("open", {"MIT": OPEN}, lineage=(base("other/base", "undetermined", reach="unread"),)),
        "uuuuuu",
    ),
    (
        "an ancestor of the same maker that was not read",
        report("open", {"MIT": OPEN}, lineage=(base("org/base", "undetermined", reach="unread"),)),
        "yyyyyy",
    ),
    (
        "an unread root above a base that the rules know",
        report(
            "open",
            {"MIT": OPEN},
            lineage=(
                base("known/base", "open", reach="facts"),
                base("far/root", "undetermined", reach="unread", of="known/base", depth=2),
            ),
        ),
        "yyyyyy",
    ),
    (
        "an unread root above a base that was read",
        report(
            "open",
            {"MIT": OPEN},
            lineage=(
                base("read/base", "open"),
                base("far/root", "undetermined", reach="unread", of="read/base", depth=2),
            ),
        ),
        "uuuuuu",
    ),
    (
        "a family without a version beside a version of it",
        report("open", {"MIT": OPEN}, lineage=(base("llama", "undetermined"), base("llama-2", "open"))),
        "yyyyyy",
    ),
    (
        "a family without a version alone",
        report("open", {"MIT": OPEN}, lineage=(base("llama", "undetermined"),)),
        "uuuuuu",
    ),
    (
        "an unread ancestor does not undo a no",
        report("research-only", {"X": RESEARCH}, lineage=(base("a/b", "undetermined", reach="unread"),)),
        "uunnnu",
    ),
    (
        "commercial use by approval",
        report("restricted", {"X": {**OPEN, "commercial_use": "conditional", "by_approval": True}}),
        "yyyiyy",
    ),
    (
        "commercial use by approval, else research",
        report("research-only", {"X": {**OPEN, "commercial_use": "conditional", "by_approval": True}}),
        "yyyiyy",
    ),
    ("a dataset is asked four questions", report("open", {"CC-BY-4.0": CREDIT}, subject="dataset"), "yyyy"),
]


@pytest.mark.parametrize(("document", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_strictest_answer_of_what_binds_wins(document: dict[str, Any], expected: str) -> None:
    assert answers(document) == expected


@pytest.mark.parametrize("document", [row[1] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_answer_but_a_plain_yes_says_why(document: dict[str, Any]) -> None:
    for permission in permissions_of(document):
        assert permission.answer == "yes" or permission.clauses or permission.reason


@pytest.mark.parametrize("grant", ["undetermined", "nonsense", "", None, 3, "unlicensed"])
def test_what_could_not_be_told_is_never_a_yes(grant: Any) -> None:
    document = report("open", {"MIT": OPEN})
    document["license"]["grant"] = grant
    assert {permission.answer for permission in permissions_of(document)} <= {"unknown", "no"}


def test_a_condition_is_told_with_its_clause_and_its_license() -> None:
    sell = answer(report("restricted", {"LicenseRef-X": COMMUNITY}), "sell")
    assert [(clause.topic, clause.license) for clause in sell.clauses] == [
        ("acceptable-use", "LicenseRef-X"),
        ("user-threshold", "LicenseRef-X"),
    ]
    assert sell.clauses[1].text == (
        "you have fewer than 700,000,000 monthly active users, else: a separate license is needed (2)"
    )


def test_a_duty_leaves_a_yes_a_yes() -> None:
    share = answer(report("open", {"MIT": CREDIT}), "share")
    assert (share.answer, share.words) == ("yes", "Yes")
    assert [clause.duty for clause in share.clauses] == [True]
    assert "license and notices go along (4)" in share.clauses[0].text


def test_what_an_ancestor_imposes_names_the_ancestor() -> None:
    train = answer(
        report("restricted", {"MIT": OPEN}, imposed={"meta/Base": ["outputs-naming", "acceptable-use"]}),
        "train",
    )
    assert [(clause.topic, clause.imposed_by) for clause in train.clauses] == [
        ("outputs-naming", "meta/Base")
    ]


def test_an_unread_ancestor_is_named() -> None:
    document = report("open", {"MIT": OPEN}, lineage=(base("other/base", "undetermined"),))
    use = answer(document, "use")
    assert use.words == "Could not be told"
    assert "Its own license says yes" in use.reason
    assert "other/base" in use.reason


def test_an_unread_target_answers_nothing() -> None:
    assert answers(failure_object(failure())) == "uuuuuu"


def test_reports_of_our_own_are_answered_in_the_order_of_the_questions() -> None:
    for made in (rich_report(), family_report()):
        assert [p.ability for p in permissions_of(report_object(made))] == list(QUESTIONS)
    assert len(permissions_of(report_object(dataset_report()))) == 4


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"license": None, "target": 3, "lineage": "x"},
        {"license": {"grant": "open", "terms": {"licenses": {"A": 1}, "names": 3, "imposed": []}}},
        {"license": {"grant": ["open"], "terms": []}, "lineage": [1, None, {"id": None}]},
        {"license": {"grant": "restricted", "terms": {"licenses": {"A": {"user_threshold": {"usd": "x"}}}}}},
        report_object(poisoned(rich_report())),
        report(
            "restricted", {ATTACK: dict.fromkeys([*COMMUNITY, "territory_excluded"], ATTACK)}, names=(ATTACK,)
        ),
    ],
)
def test_anything_that_calls_itself_a_report_is_answered(document: dict[str, Any]) -> None:
    for permission in permissions_of(document):
        assert permission.answer in ("yes", "if", "unknown", "no")
        assert "\x1b" not in repr(permission) or "\\x1b" in repr(permission)
        assert all(len(clause.text) <= 700 for clause in permission.clauses)
