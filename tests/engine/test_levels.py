"""The level table of the contract, the score, the caps of derivatives, and what a report says in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openaudit.engine.caps import capped
from openaudit.engine.judge import judge_dimensions, judge_level, overall_score
from openaudit.engine.rules import RuleSet, load_rules
from openaudit.formats import FORMATS
from openaudit.vocabulary import (
    Access,
    ComponentFinding,
    Evidence,
    EvidenceSet,
    Grant,
    Report,
    Status,
    Unread,
    Where,
)
from tests.scanners.scenes import Made, card_with, judge, judge_card

WORDS = " It says more on this in some more words of its own here."
DOCUMENTED = f"""
# Intended use

Meant for writing.{WORDS}

# Training

Trained with [our training code](https://github.com/acme/wombat).{WORDS}

# Limitations

It errs.{WORDS}

# Evaluation

It reaches an accuracy of 71.2 on MMLU, 45.1 on ARC and 33.0 on GSM8K.{WORDS}

# Paper

Our paper: https://arxiv.org/abs/2401.00001
"""
OPEN_DATA = "\n# Training data\n\nTrained on the FineWeb-Edu dataset.\n"
NAMED_DATA = "\n# Training data\n\nTrained on The Pile.\n"
USAGE = "\n```python\nfrom transformers import AutoModel\n```\n"


def card(body: str, license_: str | None = "apache-2.0") -> str:
    return card_with(body, license=license_) if license_ else body


# ---------------------------------------------------------------- one test for each level of the table


@pytest.mark.parametrize(
    ("made", "level", "band"),
    [
        pytest.param(Made(texts={"README.md": card(DOCUMENTED + OPEN_DATA + USAGE)}), "fully-open", "open-source", id="fully open"),
        pytest.param(Made(texts={"README.md": card(DOCUMENTED + NAMED_DATA + USAGE)}), "open-toolchain",
         "open-source", id="data described"),
        pytest.param(Made(texts={"README.md": card(DOCUMENTED + USAGE)}), "open-weight", "open-weight", id="data absent"),
        pytest.param(Made(texts={"README.md": card("x")}), "open-weight", "open-weight", id="weights alone"),
        pytest.param(Made(texts={"README.md": card("x", "llama3")}), "restricted-weight", "open-weight", id="restricted"),
        pytest.param(Made(texts={"README.md": card(DOCUMENTED + OPEN_DATA + USAGE, "llama3")}), "restricted-weight",
         "open-weight", id="all open but the weights"),
        pytest.param(Made(texts={"README.md": card("x", "cc-by-nc-4.0")}), "research-only", "open-weight", id="research only"),
        pytest.param(Made(texts={"README.md": card("x", None)}), "unlicensed", "closed", id="nothing granted"),
        pytest.param(Made(texts={"README.md": card("x", "other")}), "undetermined", "undetermined", id="terms not seen"),
        pytest.param(Made(texts={"README.md": card("x")}, files=()), "undetermined", "undetermined", id="no weights here"),
        pytest.param(Made(texts={"README.md": card("x")}, files=(), listing_complete=False), "undetermined",
         "undetermined", id="files not seen"),
        pytest.param(Made(texts={"README.md": card("x")}, files=("adapter_model.safetensors",)), "open-weight",
         "open-weight", id="an adapter's weights"),
        pytest.param(Made(texts={"README.md": card("x")}, access=Access(gated="manual")), "open-weight",
         "open-weight", id="a gate does not lower it"),
        pytest.param(Made(texts={"README.md": card("x", "cc-by-4.0")}, subject="dataset", files=("a.parquet",)),
         "open-data", "open-data", id="open data"),
        pytest.param(Made(texts={"README.md": card("x", "openrail")}, subject="dataset", files=("a.parquet",)),
         "restricted-data", "restricted-data", id="restricted data"),
        pytest.param(Made(texts={"README.md": card("x", "cc-by-nc-4.0")}, subject="dataset", files=("a.parquet",)),
         "research-only-data", "restricted-data", id="data for research"),
        pytest.param(Made(texts={"README.md": card("x", None)}, subject="dataset", files=("a.parquet",)),
         "unlicensed-data", "closed", id="data without license"),
        pytest.param(Made(texts={"README.md": card("x", "other")}, subject="dataset", files=("a.parquet",)),
         "undetermined", "undetermined", id="data, terms not seen"),
    ],
)  # fmt: skip
def test_the_level_is_what_the_table_of_the_contract_says(made: Made, level: str, band: str) -> None:
    report = judge(made)
    assert (report.level, report.band) == (level, band)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            DOCUMENTED.replace("https://github.com/acme/wombat", "") + OPEN_DATA + USAGE,
            id="no training code",
        ),
        pytest.param(DOCUMENTED.split("# Limitations")[0] + OPEN_DATA + USAGE, id="thin documentation"),
        pytest.param(DOCUMENTED + USAGE, id="no data"),
    ],
)
def test_fully_open_takes_every_part(text: str) -> None:
    assert judge_card(card(text)).level == "open-weight"


# ---------------------------------------------------------------- the table alone


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules()


def components(rules: RuleSet, **statuses: Status) -> list[ComponentFinding]:
    made = []
    for rule in rules.components:
        if "model" in rule.subjects:
            status = statuses.get(rule.component, Status.OPEN)
            share = rules.status_share.get(status, 0.0)
            weight = 0.0 if status is Status.UNKNOWN else rule.weight
            made.append(
                ComponentFinding(
                    id=rule.component, name=rule.name, dimension=rule.dimension, status=status, reason="said",
                    rule=rule.id, points=share * rule.weight, weight=weight,
                )
            )  # fmt: skip
    return made


def level_of(rules: RuleSet, grant: Grant, **statuses: Status) -> str:
    spectrum = rules.spectra["model"]
    found = components(rules, **statuses)
    return judge_level(spectrum, grant, found, judge_dimensions(spectrum, found)).id


@pytest.mark.parametrize(
    ("component", "status", "level"),
    [
        ("training_code", Status.DESCRIBED, "open-weight"),
        ("training_code", Status.RESTRICTED, "open-weight"),
        ("inference_code", Status.ABSENT, "open-weight"),
        ("inference_code", Status.UNKNOWN, "open-weight"),
        ("datasets", Status.RESTRICTED, "open-toolchain"),
        ("datasets", Status.UNLICENSED, "open-toolchain"),
        ("datasets", Status.DESCRIBED, "open-toolchain"),
        ("datasets", Status.ABSENT, "open-weight"),
        ("datasets", Status.UNKNOWN, "open-weight"),
        ("evaluation_code", Status.ABSENT, "fully-open"),
        ("model_parameters_final", Status.ABSENT, "undetermined"),
        ("model_parameters_final", Status.UNKNOWN, "undetermined"),
    ],
)
def test_one_part_less_than_open_takes_the_levels_that_need_it(
    rules: RuleSet, component: str, status: Status, level: str
) -> None:
    assert level_of(rules, Grant.OPEN, **{component: status}) == level


@pytest.mark.parametrize(
    ("statuses", "level"),
    [
        ({"model_card": Status.DESCRIBED}, "fully-open"),
        ({"technical_report": Status.ABSENT, "research_paper": Status.ABSENT}, "fully-open"),
        ({"model_card": Status.DESCRIBED, "technical_report": Status.ABSENT, "research_paper": Status.ABSENT}, "open-weight"),
        ({"model_card": Status.UNKNOWN, "technical_report": Status.UNKNOWN, "research_paper": Status.UNKNOWN}, "open-weight"),
    ],
)  # fmt: skip
def test_documentation_is_open_by_a_card_or_a_paper(
    rules: RuleSet, statuses: dict[str, Status], level: str
) -> None:
    assert level_of(rules, Grant.OPEN, **statuses) == level


@pytest.mark.parametrize(
    ("grant", "weights", "level"),
    [
        (Grant.RESTRICTED, Status.RESTRICTED, "restricted-weight"),
        (Grant.RESEARCH_ONLY, Status.RESTRICTED, "research-only"),
        (Grant.UNLICENSED, Status.UNLICENSED, "unlicensed"),
        (Grant.UNDETERMINED, Status.UNKNOWN, "undetermined"),
        (Grant.UNDETERMINED, Status.OPEN, "undetermined"),
    ],
)
def test_the_grant_of_the_weights_sets_the_level_whatever_else_is_open(
    rules: RuleSet, grant: Grant, weights: Status, level: str
) -> None:
    assert level_of(rules, grant, model_parameters_final=weights) == level


# ---------------------------------------------------------------- the score


def score_of(rules: RuleSet, **statuses: Status) -> float:
    spectrum = rules.spectra["model"]
    return overall_score(spectrum, judge_dimensions(spectrum, components(rules, **statuses)))


def test_all_open_is_a_hundred_and_all_absent_is_nothing(rules: RuleSet) -> None:
    assert score_of(rules) == 100
    assert score_of(rules, **dict.fromkeys((r.component for r in rules.components), Status.ABSENT)) == 0


def test_what_could_not_be_seen_costs_nothing_and_what_is_absent_does(rules: RuleSet) -> None:
    assert score_of(rules, evaluation_code=Status.UNKNOWN) == 100
    assert score_of(rules, evaluation_code=Status.ABSENT) < 100
    whole = [r.component for r in rules.components if r.dimension.value == "data" and "model" in r.subjects]
    assert score_of(rules, **dict.fromkeys(whole, Status.UNKNOWN)) == 100


@pytest.mark.parametrize("component", ["model_parameters_final", "training_code", "datasets", "model_card"])
def test_a_more_open_status_never_scores_less(rules: RuleSet, component: str) -> None:
    order = (Status.ABSENT, Status.UNLICENSED, Status.DESCRIBED, Status.RESTRICTED, Status.OPEN)
    scores = [score_of(rules, **{component: status}) for status in order]
    assert scores == sorted(scores)


@pytest.mark.parametrize("license_", ["apache-2.0", "llama3", "cc-by-nc-4.0", "unknown", "other"])
def test_the_score_is_the_mean_of_its_dimensions_by_their_shares(rules: RuleSet, license_: str) -> None:
    report = judge_card(card(DOCUMENTED, license_))
    shares = rules.spectra["model"].shares
    seen = [d for d in report.dimensions if d.status is not Status.UNKNOWN or d.score > 0]
    mean = sum(d.score * shares[d.dimension] for d in seen) / sum(shares[d.dimension] for d in seen)
    assert report.score == pytest.approx(mean, abs=0.06)
    assert all(0 <= d.score <= 100 for d in report.dimensions)


def test_a_license_that_grants_more_scores_more() -> None:
    scores = [judge_card(card("x", tag)).score for tag in ("unknown", "cc-by-nc-4.0", "llama3", "apache-2.0")]
    assert scores == sorted(set(scores))


# ---------------------------------------------------------------- caps of derivatives


def base(**detail: str) -> EvidenceSet:
    named = Evidence(topic="base.named", value="a/b", where=Where(path="README.md"), detail=detail)
    return EvidenceSet(evidence=(named,))


@pytest.mark.parametrize(
    ("component", "own", "detail", "expected"),
    [
        ("datasets", Status.OPEN, {"training_data": "absent"}, Status.ABSENT),
        ("datasets", Status.OPEN, {"training_data": "described"}, Status.DESCRIBED),
        ("datasets", Status.DESCRIBED, {"training_data": "open"}, Status.DESCRIBED),
        ("datasets", Status.ABSENT, {"training_data": "described"}, Status.ABSENT),
        ("datasets", Status.OPEN, {"training_data": "unknown"}, Status.UNKNOWN),
        ("datasets", Status.UNKNOWN, {"training_data": "absent"}, Status.UNKNOWN),
        ("datasets", Status.OPEN, {}, Status.UNKNOWN),
        ("training_code", Status.OPEN, {"training_code": "absent"}, Status.DESCRIBED),
        ("training_code", Status.OPEN, {"training_code": "described"}, Status.DESCRIBED),
        ("training_code", Status.OPEN, {"training_code": "open"}, Status.OPEN),
        ("training_code", Status.ABSENT, {"training_code": "absent"}, Status.ABSENT),
        ("inference_code", Status.OPEN, {"training_code": "absent"}, Status.OPEN),
        ("model_card", Status.OPEN, {"training_data": "absent"}, Status.OPEN),
    ],
)
def test_a_derivative_is_at_most_as_open_as_its_base(
    rules: RuleSet, component: str, own: Status, detail: dict[str, str], expected: Status
) -> None:
    (mine,) = [c for c in components(rules, **{component: own}) if c.id == component]
    (lowered,) = capped([mine], base(**detail))
    assert lowered.status is expected
    assert lowered.points <= mine.points
    assert (lowered.reason == mine.reason) is (own is expected)
    assert own is expected or "a/b" in lowered.reason


def test_a_fine_tune_with_open_parts_of_its_own_is_no_more_than_its_base() -> None:
    text = card_with(
        DOCUMENTED + OPEN_DATA + USAGE, license="apache-2.0", base_model="mistralai/Mistral-7B-v0.1"
    )
    assert judge_card(text, id="acme/w").level == "open-weight"


# ---------------------------------------------------------------- words, findings and improvements


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Made(texts={"README.md": card("x")}), ("acme/wombat-7b is open-weight", "training code", "training data")),
        (Made(texts={"README.md": card("x", "llama3")}), ("open-weight with a restricted license", "Llama 3")),
        (Made(texts={"README.md": card("x", "cc-by-nc-4.0")}), ("for research only", "Creative Commons")),
        (Made(texts={"README.md": card("x", None)}), ("no license is granted",)),
        (Made(texts={"README.md": card("x", "other")}), ("could not be determined", "other")),
        (Made(texts={"README.md": card("x")}, files=()), ("no-weights-here",)),
        (Made(texts={"README.md": card("x")}, files=(), listing_complete=False), ("could not be determined",
         "list of files is not complete")),
        (Made(texts={"README.md": card(DOCUMENTED + OPEN_DATA + USAGE)}), ("fully open",)),
        (Made(texts={"README.md": card(DOCUMENTED + NAMED_DATA + USAGE)}), ("open toolchain", "the training data is described")),
    ],
)  # fmt: skip
def test_the_headline_says_the_level_and_why(made: Made, words: tuple[str, ...]) -> None:
    headline = judge(made).headline
    assert all(word in headline for word in words), headline
    assert "{" not in headline


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (Made(texts={"README.md": card("x", None)}), "missing-license"),
        (Made(texts={"README.md": card("x", "'???'")}), "placeholder-license"),
        (Made(texts={"README.md": card("x", "other")}), "undetermined-license"),
        (Made(texts={"README.md": card("x")}), "license-by-name-only"),
        (Made(files=("a.bin",)), "pickle-weights-only"),
        (Made(), "missing-card"),
        (Made(files=()), "no-weights-here"),
        (Made(texts={"README.md": card("x")}, access=Access(gated="auto")), "gated-auto"),
        (Made(texts={"README.md": card("x")}, access=Access(gated="manual")), "gated-manual"),
        (Made(texts={"README.md": card("For non-commercial use only.")}), "limit-in-prose"),
        (Made(texts={"README.md": card("<!-- Released under the MIT license. -->")}), "license-in-comment"),
        (Made(texts={"README.md": "---- \nlicense: mit\n---\n"}), "metadata-slip"),
        (Made(texts={"README.md": card_with("x", license="mit", license_link="LICENSE")}), "license-link-missing"),
        (Made(texts={"README.md": card("Trained on a mixture of public web data.")}), "vague-data"),
        (Made(texts={"README.md": card("x")}, id="acme/Llama-3-8b-w"), "base-unnamed-license"),
        (Made(texts={"README.md": card("x")}, unread=(Unread(path="LICENSE", reason="too-large",
         message="too large"),)), "license-text-unread"),
        (Made(texts={"README.md": card("This is a fully open model.")}), "claim-does-not-hold"),
        (Made(texts={"config.json": '{"auto_map": {"AutoModel": "m.M"}}'}), "custom-code"),
    ],
)  # fmt: skip
def test_each_problem_is_a_finding_with_what_mends_it(made: Made, rule: str) -> None:
    found = {finding.rule: finding for finding in judge(made).findings}
    assert rule in found
    assert found[rule].message
    assert "…" not in found[rule].message.split("“")[0]
    assert found[rule].fix


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (Made(texts={"README.md": card("x"), "LICENSE": "Apache License, Version 2.0"}), "missing-license"),
        (Made(texts={"README.md": card_with("x", license="mit", license_link="LICENSE"), "LICENSE": "MIT"}), "license-link-missing"),
        (Made(files=("a.bin", "a.safetensors")), "pickle-weights-only"),
        (Made(unread=(Unread(path="README.md", reason="gated", message="gated"),)), "missing-card"),
        (Made(files=(), listing_complete=False), "no-weights-here"),
        (Made(texts={"README.md": card("This is an open-weight model.")}), "claim-does-not-hold"),
        (Made(texts={"README.md": card("This is an open-source model.", "other")}), "claim-does-not-hold"),
    ],
)  # fmt: skip
def test_what_is_well_or_was_not_seen_is_no_finding(made: Made, rule: str) -> None:
    assert rule not in {finding.rule for finding in judge(made).findings}


@pytest.mark.parametrize(
    ("license_", "claim", "holds"),
    [("mit", "open-weight", True), ("mit", "open-source", False), ("llama3", "open-weight", False), ("other", "open-source", None)],
)  # fmt: skip
def test_a_claim_holds_where_what_was_measured_is_at_least_what_it_promises(
    license_: str, claim: str, holds: bool | None
) -> None:
    (found,) = judge_card(card(f"Wombat is an {claim} model.", license_)).claims
    assert found.holds is holds


def test_the_next_level_s_parts_come_first_among_the_improvements() -> None:
    steps = judge_card(card("x", None)).improvements
    assert steps[0].component == "model_parameters_final"
    assert [step.level for step in steps] == sorted(
        (step.level for step in steps), key=["open-weight", "open-toolchain", "fully-open"].index
    )
    assert len({step.component for step in steps}) == len(steps)
    assert all(step.action for step in steps)


def test_nothing_is_left_to_improve_at_the_top() -> None:
    assert judge_card(card(DOCUMENTED + OPEN_DATA + USAGE)).improvements == ()


# ---------------------------------------------------------------- every report


REPORTS = [
    Made(texts={"README.md": card(DOCUMENTED + OPEN_DATA + USAGE)}),
    Made(texts={"README.md": card_with("x", license="mit", base_model="meta-llama/Llama-2-7b-hf")}),
    Made(unread=(Unread(path="README.md", reason="gated", message="gated"),)),
    Made(texts={"README.md": card("x", "cc-by-nc-4.0")}, subject="dataset", files=("a.parquet",)),
]


@pytest.mark.parametrize("made", REPORTS)
def test_two_runs_give_the_same_bytes(made: Made) -> None:
    assert FORMATS["json"].render([judge(made)]) == FORMATS["json"].render([judge(made)])


@pytest.mark.parametrize("made", REPORTS)
def test_an_unknown_part_says_why_and_an_open_one_has_evidence(made: Made) -> None:
    report = judge(made)
    for component in report.components:
        assert component.reason
        if component.status is Status.UNKNOWN:
            assert component.points == component.weight == 0
        if component.status is Status.OPEN:
            assert component.evidence
        assert 0 <= component.points <= component.weight or component.weight == 0


@pytest.mark.parametrize("area", ["card", "files"])
def test_what_was_not_seen_is_never_said_to_be_absent_or_open(area: str) -> None:
    seen = judge(Made(texts={"README.md": card("x")}))
    if area == "card":
        blind = judge(Made(unread=(Unread(path="README.md", reason="gated", message="gated"),)))
    else:
        blind = judge(Made(texts={"README.md": card("x")}, files=(), listing_complete=False))
    said = {c.id: c.status for c in blind.components}
    absent_where_seen = {c.id for c in seen.components if c.status is Status.ABSENT}
    from_cards = {
        "model_card", "technical_report", "research_paper", "sample_model_outputs", "data_card", "training_code",
        "datasets", "evaluation_results", "evaluation_code", "data_preprocessing_code", "supporting_libraries_and_tools",
    }  # fmt: skip
    from_files = {"model_parameters_final", "model_parameters_intermediate", "model_metadata"}
    concerned = from_cards & absent_where_seen if area == "card" else from_files
    assert concerned
    assert {name: said[name] for name in concerned} == dict.fromkeys(concerned, Status.UNKNOWN)


def test_the_order_in_which_files_are_listed_changes_nothing_but_their_order() -> None:
    files = ("a.bin", "train.py", "b.safetensors", "config.json", "eval.py")

    def told(report: Report) -> tuple[object, ...]:
        parts = tuple((c.id, c.status, c.points) for c in report.components)
        return report.level, report.score, report.headline, parts, {f.rule for f in report.findings}

    made = Made(texts={"README.md": card("x")}, files=files)
    assert told(judge(made)) == told(judge(replace(made, files=files[::-1])))
