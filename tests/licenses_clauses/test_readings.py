"""What a whole text adds up to: texts written for these tests, none of them anybody's license."""

from __future__ import annotations

import pytest

from openaudit.licenses.catalog import RevenueThreshold, UserThreshold
from openaudit.licenses.clauses import ClauseReading, load_clause_rules, read_clauses
from openaudit.vocabulary import Grant

FREE = (
    "Permission is granted, free of charge, to anyone to use, change and pass on these weights:\n"
    "you may use, modify and distribute them for any purpose, provided that this notice is kept.\n\n"
    "THE WEIGHTS COME AS THEY ARE, WITHOUT WARRANTY; THE AUTHORS SHALL NOT BE LIABLE FOR ANY DAMAGES.\n"
)
FREE_ZH = "任何人可以自由使用、复制、修改和分发本模型，包括用于商业用途。\n分发时须保留版权声明。\n本模型按现状提供，不作任何保证。\n"


def read(text: str) -> ClauseReading:
    return read_clauses(text, load_clause_rules())


def terms_found(text: str) -> set[str]:
    return {clause.term for clause in read(text).clauses}


def test_a_permissive_text_that_nobody_knows_is_open() -> None:
    reading = read(FREE)
    assert (reading.grant, reading.at_most) == (Grant.OPEN, Grant.OPEN)
    assert reading.terms.commercial_use == "yes"
    assert (reading.terms.modification, reading.terms.redistribution) == ("yes", "yes")


def test_a_chinese_permissive_text_is_open() -> None:
    assert read(FREE_ZH).grant is Grant.OPEN


@pytest.mark.parametrize(
    ("clause", "grant", "term"),
    [
        (
            "You may not use the weights for commercial purposes without a signed contract.",
            "research-only",
            "non-commercial",
        ),
        ("The weights are for scientific research only.", "research-only", "research-only"),
        ("You shall not create derivatives of the weights.", "research-only", "no-derivatives"),
        ("You must not share the weights with third parties.", "restricted", "no-redistribution"),
        (
            "If your service has over 30 million monthly active users, ask us first.",
            "restricted",
            "user-threshold",
        ),
        ("Firms with annual revenue above $2 million need a paid plan.", "restricted", "revenue-threshold"),
        ("Your use must follow our Acceptable Use Policy.", "restricted", "acceptable-use"),
        ("You will not use the weights for any military purpose.", "restricted", "field-of-use"),
        ("Outputs shall not be used to train another language model.", "restricted", "outputs-restricted"),
        ("This license does not apply in the European Union.", "restricted", "territory"),
        ('You must prominently display "Built with Foo" on your web site.', "restricted", "naming"),
        ("本模型不得用于商业用途。", "research-only", "non-commercial"),
        ("本模型僅供學術研究使用。", "research-only", "research-only"),
        ("不得将本模型用于军事目的。", "restricted", "field-of-use"),
        ("月活跃用户超过1亿的产品须另行取得许可。", "restricted", "user-threshold"),
        ("不得使用输出结果训练其他模型。", "restricted", "outputs-restricted"),
    ],
)
def test_one_limiting_clause_in_a_permissive_text_decides(clause: str, grant: str, term: str) -> None:
    for text in (
        f"{FREE}\n{clause}\n",
        f"{clause}\n\n{FREE}",
        FREE.replace("\n\n", f"\n\n3. {clause}\n\n").upper(),
    ):
        reading = read(text)
        assert reading.grant.value == grant, reading.why
        assert term in {found.term for found in reading.clauses}
        assert reading.at_most is reading.grant


@pytest.mark.parametrize(
    "clause",
    [
        "Nothing in this text restricts commercial use.",
        "The names of the authors may not be used to endorse derived products.",
        "You may not use the trademarks of the authors.",
        "You must comply with all applicable laws.",
        "You may not remove the copyright notices.",
        "If a clause is unenforceable, the others shall stay in force.",
        "You may not impose further restrictions on those who receive a copy.",
        "Derived works must be shared under the same license.",
        "If you file a patent suit over the weights, your license terminates.",
    ],
)
def test_clauses_that_limit_nobody_leave_it_open(clause: str) -> None:
    assert read(f"{FREE}\n{clause}\n").grant is Grant.OPEN


@pytest.mark.parametrize(
    "clause",
    [
        "You may not juggle the weights on Sundays.",
        "You must send a postcard to the authors.",
        "A yearly fee is due.",
        "Our guidelines apply.",
        "It is yours as long as you are kind.",
        "We may change these terms at any time.",
        "The license is revocable.",
        "Der Gebrauch zu geschäftlichen Zwecken ist verboten und wird verfolgt, Ausnahmen gelten keine.",
        "이 가중치는 연구 목적으로만 사용할 수 있으며 상업적 이용은 금지됩니다.",
    ],
)
def test_what_is_not_understood_is_never_called_open(clause: str) -> None:
    reading = read(f"{FREE}\n{clause}\n")
    assert reading.grant is Grant.UNDETERMINED
    assert reading.at_most is Grant.OPEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\n",
        "Hello.",
        "All rights reserved.",
        "You may use the weights.",
        "You may modify and share them.",
    ],
)
def test_nothing_seen_is_nothing_said(text: str) -> None:
    assert read(text).grant is Grant.UNDETERMINED


def test_numbers_units_places_and_names_are_extracted() -> None:
    text = (
        "If your products have more than 700 million monthly active users you need another license.\n\n"
        "Companies whose annual revenue exceeds US$ 1,500,000 need one too.\n\n"
        "This license does not apply in the European Union and South Korea.\n\n"
        'You must prominently display "Built with Foo" on a web site.\n'
    )
    terms = read(text).terms
    assert isinstance(terms.user_threshold, UserThreshold)
    assert terms.user_threshold.monthly_active_users == 700_000_000
    assert isinstance(terms.revenue_threshold, RevenueThreshold)
    assert (terms.revenue_threshold.usd, terms.revenue_threshold.per) == (1_500_000, "year")
    assert terms.territory_excluded == ("European Union", "South Korea")
    naming = next(clause for clause in read(text).clauses if clause.term == "naming")
    assert naming.values["name"] == "built with foo"


def test_chinese_numbers_are_read_with_their_scale() -> None:
    terms = read("月活跃用户数超过3亿的，须申请许可。").terms
    assert terms.user_threshold is not None
    assert terms.user_threshold.monthly_active_users == 300_000_000


def test_commercial_use_after_free_registration_is_restricted_and_not_a_no() -> None:
    reading = read(
        "The weights are free for academic research.\nFor commercial use, register on our site: after registration the "
        "weights may be used commercially free of charge.\n"
    )
    assert reading.grant is Grant.RESTRICTED
    assert reading.terms.by_approval
    assert reading.terms.commercial_use == "conditional"


def test_commercial_use_that_the_maker_may_refuse_is_a_no() -> None:
    reading = read("Commercial use requires an application, which we may approve at our sole discretion.")
    assert reading.grant is Grant.RESEARCH_ONLY
    assert reading.terms.by_approval


def test_a_definition_alone_is_no_limit() -> None:
    assert "non-commercial" not in terms_found(
        '"Non-Commercial Use" means use from which nobody earns money.'
    )


def test_facts_beside_the_limits_are_told() -> None:
    found = terms_found(
        "Each contributor grants you a perpetual, irrevocable, royalty-free license under its patents.\n\n"
        "If you sue anybody over patents in the weights, your license terminates.\n\n"
        "We claim no rights in the outputs you generate.\n\nShare changes under the same license.\n"
    )
    assert {"patent-grant", "irrevocable", "royalty-free", "patent-ends", "outputs-owned"} <= found
