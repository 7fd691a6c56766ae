"""Where the YAML files of rules lie, and how they are read with errors that name file, line and key path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from openaudit.errors import PolicyError

PARSED = "parsed.json"
"""The values of the shipped YAML files, which load ten times as fast so; made by scripts/compile_rules.py."""
_COMPILED_ELSEWHERE = ("licenses",)
_INSTALLED = Path(__file__).parent / "rules"
_CHECKOUT = Path(__file__).parent.parent / "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One YAML file: where it is, its text, and its value (always a mapping)."""

    path: Path
    name: str
    text: str
    value: Mapping[str, Any]

    def wrong(self, message: str, *keys: str | int, hint: str = "") -> PolicyError:
        """The error for a fault under `keys`, ready to raise."""
        from openaudit.yaml_text import line_of

        key_path = ""
        for key in keys:
            key_path += f"[{key}]" if isinstance(key, int) else (f".{key}" if key_path else str(key))
        return PolicyError(
            message, file=self.name, line=line_of(self.text, keys), key_path=key_path, hint=hint
        )

    def unknown_key(self, key: str, allowed: Sequence[str], *keys: str | int) -> PolicyError:
        """The error for a key that is none of `allowed`, naming the nearest right spelling."""
        from difflib import get_close_matches

        near = get_close_matches(key, allowed, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(sorted(allowed))}."
        return self.wrong(f"unknown key '{key}'.", *keys, key, hint=hint)


def rules_root() -> Path:
    """The folder of the rules that ship with the package (in a checkout, the one at its root)."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def read_rule_file(path: Path, root: Path) -> RuleFile:
    """One file.

    Raises:
        PolicyError: unreadable, not YAML, or not a mapping.
    """
    name = f"rules/{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"cannot be read: {error}", file=str(path)) from error
    known = _parsed(root).get(path.relative_to(root).as_posix()) if path.is_relative_to(root) else None
    if known is not None and known["sha256"] == sha256(text.encode()).hexdigest():
        return RuleFile(path=path, name=name, text=text, value=known["value"])
    value = _read_yaml(text, name)
    if not isinstance(value, dict):
        raise PolicyError("a mapping is expected.", file=name, line=1)
    return RuleFile(path=path, name=name, text=text, value=value)


def _read_yaml(text: str, name: str) -> Any:
    # imported at the first file: where parsed rules serve, no YAML is read, and PyYAML costs more than they do
    from openaudit.yaml_text import YamlProblem, parse

    try:
        return parse(text)
    except YamlProblem as problem:
        raise PolicyError(problem.message, file=name, line=problem.line) from problem


@cache
def _parsed(root: Path) -> Mapping[str, Any]:
    """The parsed form by path below the shipped rules; empty for the user's own, and where it is missing or broken. An
    entry whose file has changed since is not used."""
    if root != rules_root():
        return {}
    try:
        value = json.loads((root / PARSED).read_bytes())
    except (OSError, ValueError):
        return {}
    files = value.get("files") if isinstance(value, dict) else None
    return files if isinstance(files, dict) else {}


def parsed_text() -> str:
    """The text of the parsed form of the shipped files, but for those that have a compiled form of their own.

    Raises:
        PolicyError: a file is not YAML.
    """
    root = rules_root()
    files = {}
    for path in sorted(path for path in root.rglob("*.yaml") if path.parent.name not in _COMPILED_ELSEWHERE):
        name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        value = _read_yaml(text, name)
        if isinstance(value, dict) and json.loads(json.dumps(value)) == value:
            files[name] = {"sha256": sha256(text.encode()).hexdigest(), "value": value}
    about = "Made by scripts/compile_rules.py from the YAML files here; never edited."
    return json.dumps({"about": about, "files": files}, ensure_ascii=False, separators=(",", ":")) + "\n"


def rule_files(folder: str, extra: Sequence[Path] = ()) -> Iterator[RuleFile]:
    """The files of `folder` (such as `components`), ours first, then those of the user's own rule folders, in
    order of name; a file of the same name in a later folder replaces the earlier one.

    Raises:
        PolicyError: a file is broken, or a folder of the user's does not exist.
    """
    found: dict[str, tuple[Path, Path]] = {}
    for root in (rules_root(), *extra):
        if not root.is_dir():
            raise PolicyError("no such folder of rules.", file=str(root))
        for path in sorted((root / folder).glob("*.yaml")):
            found[path.name] = (path, root)
    for name in sorted(found):
        yield read_rule_file(*found[name])


def rules_digest(extra: Sequence[Path] = ()) -> str:
    """Twelve hex digits that change when any rule file changes."""
    digest = sha256()
    for root in (rules_root(), *extra):
        for path in sorted(root.rglob("*.yaml")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
