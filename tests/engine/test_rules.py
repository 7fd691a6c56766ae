"""Rule files: those that ship are whole and their examples hold; a wrong one names file, line, key path and spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from openaudit.engine.rules import RuleSet, load_rules
from openaudit.engine.trials import run_trials
from openaudit.errors import PolicyError
from openaudit.vocabulary import Dimension, Grant, Status

TRIALS = tuple(run_trials(load_rules()))
CONFLICT_KINDS = {
    "tag-vs-text", "tag-vs-prose", "tag-vs-base", "list-contradiction", "link-elsewhere", "broken-link",
    "malformed-metadata", "misspelt-key",
}  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules()


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: f"{trial.rule}-{trial.number}")
def test_every_rule_has_examples_and_each_of_them_holds(trial: object) -> None:
    assert getattr(trial, "got") == getattr(trial, "expected")  # noqa: B009


def test_there_are_the_seventeen_components_and_one_rule_for_each_and_subject(rules: RuleSet) -> None:
    models = [rule.component for rule in rules.components if "model" in rule.subjects]
    assert len(models) == len(set(models)) == 17
    datasets = [rule.component for rule in rules.components if "dataset" in rule.subjects]
    assert len(datasets) == len(set(datasets))
    assert {rule.dimension for rule in rules.components} == set(Dimension)


@pytest.mark.parametrize("subject", ["model", "dataset"])
def test_every_need_of_a_level_is_a_component_or_dimension_of_its_subject(
    rules: RuleSet, subject: str
) -> None:
    spectrum = rules.spectra[subject]
    components = {rule.component for rule in rules.components if subject in rule.subjects}
    dimensions = {dimension.value for dimension in spectrum.dimensions}
    for level in spectrum.levels:
        assert set(level.needs) <= components | dimensions
        assert all(wanted for wanted in level.needs.values())
    for _, members in spectrum.dimensions.values():
        assert members
        assert set(members) <= components


@pytest.mark.parametrize("subject", ["model", "dataset"])
def test_the_shares_of_the_dimensions_are_those_of_the_spectrum_and_sum_up(
    rules: RuleSet, subject: str
) -> None:
    spectrum = rules.spectra[subject]
    assert set(spectrum.shares) == set(spectrum.dimensions)
    assert sum(spectrum.shares.values()) == 100


def test_the_levels_are_those_of_the_contract_in_its_order(rules: RuleSet) -> None:
    assert [level.id for level in rules.spectra["model"].levels] == [
        "fully-open", "open-toolchain", "open-weight", "restricted-weight", "research-only", "unlicensed", "closed",
    ]  # fmt: skip
    bands = {level.id: level.band for level in rules.spectra["model"].levels}
    assert [bands[k] for k in ("fully-open", "open-weight", "research-only", "unlicensed")] == [
        "open-source", "open-weight", "open-weight", "closed",
    ]  # fmt: skip


def test_every_status_and_every_grant_of_weights_has_its_share_of_points(rules: RuleSet) -> None:
    assert set(rules.status_share) == set(Status) - {Status.UNKNOWN}
    assert set(rules.grant_share) == set(Grant) - {Grant.UNDETERMINED}
    assert all(0 <= share <= 1 for share in (*rules.status_share.values(), *rules.grant_share.values()))


def test_every_kind_of_conflict_has_a_title_and_a_fix(rules: RuleSet) -> None:
    assert set(rules.conflicts) >= CONFLICT_KINDS
    assert all(text.title and text.fix for text in rules.conflicts.values())


def test_every_finding_speaks_of_a_component_that_exists(rules: RuleSet) -> None:
    known = {rule.component for rule in rules.components}
    assert {rule.component for rule in rules.findings if rule.component} <= known
    assert all(rule.message and rule.fix for rule in rules.findings)


COMPONENT = """\
id: extra
name: Extra
dimension: docs
weight: 1
outcomes:
  - status: open
    when: {card.present: any}
    reason: It is there.
examples:
  - {given: {card.present: README.md}, expect: open}
"""
FINDING = """\
id: extra
severity: note
when: {card.present: any}
message: It is there.
examples:
  - {given: {card.present: README.md}, expect: found}
"""


def folder(root: Path, kind: str, text: str, name: str = "extra.yaml") -> tuple[Path, ...]:
    (root / kind).mkdir()
    (root / kind / name).write_text(text, encoding="utf-8")
    return (root,)


def test_a_folder_of_the_users_adds_rules_and_changes_the_version(tmp_path: Path, rules: RuleSet) -> None:
    extended = load_rules(folder(tmp_path, "findings", FINDING))
    assert {rule.id for rule in extended.findings} - {rule.id for rule in rules.findings} == {"extra"}
    assert extended.version != rules.version


def test_a_file_of_the_same_name_replaces_ours(tmp_path: Path, rules: RuleSet) -> None:
    text = FINDING.replace("id: extra", "id: missing-card").replace("note", "critical")
    extended = load_rules(folder(tmp_path, "findings", text, "missing-card.yaml"))
    assert len(extended.findings) == len(rules.findings)
    (mine,) = [rule for rule in extended.findings if rule.id == "missing-card"]
    assert mine.severity.value == "critical"


@pytest.mark.parametrize(
    ("kind", "old", "new", "line", "key_path", "says"),
    [
        ("components", "weight: 1", "wieght: 1", 4, "wieght", "Did you mean 'weight'?"),
        ("components", "name: Extra\n", "", 1, "", "the key 'name' is missing"),
        ("components", "id: extra", "id: other", 1, "id", "the id must be the file's name, 'extra'"),
        ("components", "dimension: docs", "dimension: doc", 3, "dimension", "doc"),
        ("components", "weight: 1", "weight: much", 4, "weight", "number"),
        ("components", "weight: 1", "weight: -1", 4, "weight", "number"),
        ("components", "status: open", "status: opne", 6, "outcomes[0].status", "opne"),
        ("components", "status: open", "status: {by_grant: wieghts}", 6, "outcomes[0].status", "by_grant"),
        ("components", "card.present: any}\n    reason", "card.presnt: any}\n    reason", 7,
         "outcomes[0].when.card.presnt", "Did you mean 'card.present'?"),
        ("components", "reason: It", "raeson: It", 8, "outcomes[0].raeson", "Did you mean 'reason'?"),
        ("components", "expect: open", "expected: open", 10, "examples[0].expected", "Did you mean 'expect'?"),
        ("components", "weight: 1", "weight: 1\nsubjects: [modle]", 5, "subjects[0]", "modle"),
        ("components", "weight: 1", "weight: 1\nsubjects: model", 5, "subjects", "list"),
        ("components", "outcomes:\n  - status: open\n    when: {card.present: any}\n    reason: It is there.\n",
         "outcomes: none\n", 5, "outcomes", "list"),
        ("components", "status: open", "status: open\n    confidence: sure", 7, "outcomes[0].confidence", "number"),
        ("findings", "severity: note", "severity: notice", 2, "severity", "notice"),
        ("findings", "message: It", "mesage: It", 4, "mesage", "Did you mean 'message'?"),
        ("findings", "card.present: any}\nmessage", "card.present: {vlaue: x}}\nmessage", 3,
         "when.card.present.vlaue", "Did you mean 'value'?"),
        ("findings", "when: {card.present: any}", "when: [", None, "", ""),
        ("findings", "when: {card.present: any}", "when: {card.present: any}\nwhen: {}", 4, "", "twice"),
        ("findings", FINDING, "- a\n- b\n", 1, "", "a mapping is expected"),
        ("findings", "examples:\n  - {given: {card.present: README.md}, expect: found}", "examples: {given: {}}", 5, "examples", "list"),
    ],
)  # fmt: skip
def test_a_wrong_rule_names_its_file_line_key_path_and_the_nearest_right_spelling(
    tmp_path: Path, kind: str, old: str, new: str, line: int | None, key_path: str, says: str
) -> None:
    whole = COMPONENT if kind == "components" else FINDING
    assert old in whole
    with pytest.raises(PolicyError) as caught:
        load_rules(folder(tmp_path, kind, whole.replace(old, new)))
    error = caught.value
    assert error.file.endswith(f"{kind}/extra.yaml")
    assert error.key_path == key_path
    assert says in f"{error} {error.hint}"
    assert line is None or error.line == line
    assert error.exit_code == 2


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such folder"):
        load_rules((tmp_path / "nowhere",))


SPECTRUM_FAULTS = [
    ("components: {model_parameters_final: [unlicensed]}", "components: {model_parameters_finl: [unlicensed]}", "model_parameters_finl"),
    ("grant: [unlicensed]", "grant: [unlicenced]", "unlicenced"),
    ("data: {worst_of: [datasets]}", "data: {worst_of: [dataset]}", "dataset"),
    ("data: {worst_of: [datasets]}", "data: {most_of: [datasets]}", "most_of"),
    ("    name: open-weight\n", "", "name"),
    ("undetermined:\n", "undetermind:\n", "undeterm"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), SPECTRUM_FAULTS)
def test_a_spectrum_of_the_users_that_is_wrong_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    from openaudit.rule_files import rules_root

    text = (rules_root() / "spectrum" / "model.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(PolicyError) as caught:
        load_rules(folder(tmp_path, "spectrum", text.replace(old, new), "model.yaml"))
    assert says in str(caught.value)
    assert caught.value.file.endswith("spectrum/model.yaml")
