"""The rules of rules/clauses/: their examples hold, and a broken rule says where it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from openaudit.errors import PolicyError
from openaudit.licenses.catalog import TERM_NAMES
from openaudit.licenses.clause_rules import Example, load_clause_rules
from openaudit.licenses.clauses import read_clauses, rules_found

RULES = load_clause_rules()
GOOD = """
about: A test.
rules:
  - id: sundays
    term: field-of-use
    effect: restricted
    polarity: limits
    words: [sundays]
    patterns: ['\\bnot on sundays\\b']
    examples: {match: [Not on Sundays.], pass: [On Sundays.]}
"""


@pytest.mark.parametrize("example", RULES.examples, ids=lambda e: f"{e.rule}: {e.sentence[:40]}")
def test_example(example: Example) -> None:
    assert (example.rule in rules_found(example.sentence, RULES)) == example.expected


def test_every_rule_has_an_example_of_both_kinds() -> None:
    for rule in RULES.rules:
        kinds = {example.expected for example in RULES.examples if example.rule == rule.id}
        assert True in kinds, rule.id
        assert False in kinds or rule.polarity in ("grants", "excuses"), rule.id


def test_every_term_of_the_catalog_has_a_rule() -> None:
    assert set(TERM_NAMES) <= {rule.term for rule in RULES.rules}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("polarity:", "polarty:", "Did you mean 'polarity'?"),
        ("term: field-of-use", "term: field-of-us", "Did you mean 'field-of-use'?"),
        ("effect: restricted", "effect: open", "a rule that limits has the effect"),
        ("not on sundays", "not on (sundays", "broken pattern"),
        ("not on sundays", "not.*sundays", "without an upper bound"),
        ("not on sundays", "{nosuch}", "no fragment is named 'nosuch'"),
        ("words: [sundays]", "words: sundays", "a list is expected"),
        ("words: [sundays]", "words: [sundays]\n    confidence: 2", "a number above 0"),
        ("words: [sundays]", "words: [sundays]\n    lifts: [nothing-here]", "not known here"),
        ("match:", "mach:", "Did you mean 'match'?"),
        ("id: sundays", "id: nc-only", "is there twice"),
    ],
)
def test_a_broken_rule_names_its_file_line_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    _write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(PolicyError) as caught:
        load_clause_rules((tmp_path,))
    assert message in str(caught.value)
    assert "zz-mine.yaml:" in str(caught.value)


def test_a_rule_of_the_users_own_is_read(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    reading = read_clauses("Not on Sundays.", load_clause_rules((tmp_path,)))
    assert [clause.rule for clause in reading.clauses] == ["sundays"]


def _write(root: Path, text: str) -> None:
    (root / "clauses").mkdir(exist_ok=True)
    (root / "clauses" / "zz-mine.yaml").write_text(text, encoding="utf-8")
