"""Writes rules/licenses/compiled.json, the form in which the license rules load fast. Run after any change to them."""

from __future__ import annotations

from openaudit.licenses.catalog_files import COMPILED, FOLDER, compiled_text
from openaudit.rule_files import rules_root


def main() -> None:
    (rules_root() / FOLDER / COMPILED).write_text(compiled_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
