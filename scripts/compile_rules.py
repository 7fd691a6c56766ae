"""Writes the forms in which the rules load fast: rules/parsed.json (all YAML files as values) and
rules/licenses/compiled.json (the license rules, merged and checked). Run after any change to a rule."""

from __future__ import annotations

from openaudit.licenses.catalog_files import COMPILED, FOLDER, compiled_text
from openaudit.rule_files import PARSED, parsed_text, rules_root


def main() -> None:
    (rules_root() / FOLDER / COMPILED).write_text(compiled_text(), encoding="utf-8")
    (rules_root() / PARSED).write_text(parsed_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
