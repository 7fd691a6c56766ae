"""All of rules/, loaded once: what to look for, what is known, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openaudit.engine import RuleSet
from openaudit.engine.rules import load_rules
from openaudit.licenses.catalog import load_catalog
from openaudit.licenses.clause_rules import load_clause_rules
from openaudit.scanners.code_rules import load_code_rules
from openaudit.scanners.known import load_known
from openaudit.scanners.lexicon import load_lexicon
from openaudit.scanners.scene import ScanRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge(ScanRules):
    """All of rules/, loaded once: what to look for, what is known, and what it means."""

    rules: RuleSet


def load_knowledge(extra: tuple[Path, ...] = ()) -> Knowledge:
    """The shipped rules, extended or overridden by the user's folders.

    Raises:
        PolicyError: a rule file is wrong; names file, line and key path.
    """
    return Knowledge(
        rules=load_rules(extra),
        catalog=load_catalog(extra),
        lexicon=load_lexicon(extra),
        known=load_known(extra),
        clauses=load_clause_rules(extra),
        code=load_code_rules(extra),
    )
