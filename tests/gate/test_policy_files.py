"""Policies as files: the schema for editors and our own checks agree, and every word has a meaning."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from openaudit.errors import PolicyError
from openaudit.gate.levels import LEVELS
from openaudit.gate.policy import Override, matches
from openaudit.gate.policy_file import find_policy, load_policy
from openaudit.gate.rule_names import FACTS, rule_names
from openaudit.gate.shape import Keys, check_shape, schema
from openaudit.gate.toml_lines import toml_line_of
from openaudit.licenses.catalog import TERM_NAMES, load_catalog
from openaudit.rule_files import rule_files

SCHEMA = schema("policy-1.json")


def load(folder: Path, text: str, name: str = "openaudit.yaml") -> Any:
    (folder / name).write_text(text)
    return load_policy(str(folder / name), folder, load_catalog())


def wrong(message: str, keys: Keys, hint: str) -> PolicyError:
    return PolicyError(message, key_path=str(keys), hint=hint)


def test_the_schemas_are_valid_schemas() -> None:
    for name in ("policy-1.json", "lock-1.json"):
        jsonschema.Draft202012Validator.check_schema(dict(schema(name)))


def test_the_schema_has_the_words_of_the_code() -> None:
    words = SCHEMA["$defs"]
    assert tuple(words["term"]["enum"]) == TERM_NAMES
    assert tuple(words["level"]["enum"]) == LEVELS
    assert tuple(words["fact"]["enum"]) == FACTS


def test_every_key_of_the_schema_tells_an_editor_what_it_is_for() -> None:
    def keys(value: Any, path: str) -> list[str]:
        missing = []
        for name, each in value.get("properties", {}).items():
            told = SCHEMA["$defs"][each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each
            if "description" not in told and "enum" not in told:
                missing.append(f"{path}.{name}")
            missing += keys(told, f"{path}.{name}") + keys(told.get("items", {}), f"{path}.{name}[]")
        return missing

    assert keys(SCHEMA, "") == []


@pytest.mark.parametrize("file", list(rule_files("policies")), ids=lambda file: file.path.stem)
def test_ready_policies_are_valid_and_say_what_they_are_for(file: Any) -> None:
    jsonschema.validate(file.value, SCHEMA)
    assert file.value["about"].endswith(".")
    assert load_policy(file.path.stem, Path(), load_catalog()).about == file.value["about"]


def test_our_own_check_refuses_what_the_schema_refuses() -> None:
    """Random damage to a policy that uses every key: both say yes or both say no."""
    whole: Any = json.loads(json.dumps(WHOLE))
    jsonschema.validate(whole, SCHEMA)
    check_shape(whole, SCHEMA, wrong)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    randomness = random.Random(6)
    disagreed = []
    for _ in range(600):
        damaged = _damaged(json.loads(json.dumps(WHOLE)), randomness)
        try:
            check_shape(damaged, SCHEMA, wrong)
            ours = True
        except PolicyError:
            ours = False
        if ours is not validator.is_valid(damaged):
            disagreed.append(damaged)
    assert disagreed == []


WHOLE = {
    "version": 1,
    "about": "All keys.",
    "extends": "research",
    "models": ["a/b"],
    "ignore": ["x/**"],
    "ignore_models": ["c/*"],
    "use": {
        "kind": ["internal"],
        "commercial": True,
        "monthly_users": 1,
        "annual_revenue_usd": 2,
        "regions": ["EU"],
        "sector": "health",
    },
    "policy": {
        "minimum_level": "open-weight",
        "licenses": {"allow": ["MIT"], "deny": ["llama"], "review": ["rail"]},
        "deny_terms": ["naming", {"user-threshold": 5}, {"territory": ["DE"]}],
        "require": ["safe-weights", {"coverage": 0.5}],
        "conditions": [{"id": "a", "when": "true", "message": "m", "severity": "warn"}],
        "severities": {"lock": "off"},
        "overrides": [{"models": ["a/*"], "reason": "r", "minimum_level": "research-only"}],
    },
    "waivers": [
        {
            "model": "a/b",
            "rule": "minimum-level",
            "owner": "o",
            "reason": "r",
            "expires": "2027-01-31",
            "evidence": "sha256:" + "0" * 64,
        }
    ],
}


def _damaged(value: Any, randomness: random.Random) -> Any:
    """The value with one thing in it replaced, added, or taken away."""
    holders: list[Any] = []

    def collect(each: Any) -> None:
        if isinstance(each, dict | list) and each:
            holders.append(each)
            for item in each.values() if isinstance(each, dict) else each:
                collect(item)

    collect(value)
    holder = randomness.choice(holders)
    key = randomness.choice(list(holder) if isinstance(holder, dict) else list(range(len(holder))))
    what = randomness.choice(["replace", "remove", "add"])
    if what == "replace":
        holder[key] = randomness.choice([None, True, -1, 0, 0.5, "", "word", [], {}, ["x"], {"a": 1}, "MIT"])
    elif what == "remove":
        del holder[key]
    elif isinstance(holder, dict):
        holder[randomness.choice(["more", "minimum_level", "paths", "id"])] = randomness.choice(
            ["x", ["y"], 3]
        )
    return value


@pytest.mark.parametrize(
    ("glob", "name", "fits"),
    [
        ("acme/*", "acme/m", True),
        ("acme/*", "acme/m/n", False),
        ("**/test_*.py", "a/b/test_x.py", True),
        ("**/test_*.py", "test_x.py", True),
        ("research/", "research/a/b.py", True),
        ("research/**", "research/a.py", True),
        ("research/**", "other/research/a.py", False),
        ("*", "a/b", False),
        ("**", "a/b", True),
        ("a?c/m", "abc/m", True),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "axxbyy", False),
        ("[a]", "a", False),  # no character classes: names are plain
    ],
)
def test_globs(glob: str, name: str, fits: bool) -> None:
    assert matches(name, [glob]) is fits


def test_a_glob_of_stars_costs_no_time() -> None:
    assert not matches("a" * 2_000, ["*a" * 300 + "*b"])
    assert not matches("/".join("a" * 500), ["**/" * 200 + "b"])


def test_an_override_of_paths_is_not_meant_where_there_is_no_path() -> None:
    override = Override(paths=("research/",))
    assert override.holds("acme/m", "research/a.py")
    assert not override.holds("acme/m", None)


def test_extending_adds_what_forbids_and_replaces_what_allows(tmp_path: Path) -> None:
    text = (
        "version: 1\nextends: permissive-only\npolicy:\n  licenses: {allow: [MIT], deny: [llama]}\n"
        "  require: [model-card]\n  severities: {require: warn}\n"
    )
    demands = load(tmp_path, text).demands
    assert [pick.written for pick in demands.licenses.allow] == ["MIT"]
    assert demands.require == {"safe-weights", "model-card"}
    assert demands.minimum_level == "open-weight"
    assert demands.weight("require/model-card", "error") == "warn"


@pytest.mark.parametrize(
    "written", ["Apache-2.0", "apache-2.0", "llama3.1", "gemma", "permissive", "osi-approved"]
)
def test_a_license_may_be_named_in_all_ways(tmp_path: Path, written: str) -> None:
    demands = load(tmp_path, f"version: 1\npolicy: {{licenses: {{deny: [{written}]}}}}\n").demands
    assert demands.licenses.deny[0].ids


def test_every_rule_may_be_weighed_and_waived(tmp_path: Path) -> None:
    rows = "".join(f"    {rule}: warn\n" for rule in rule_names())
    assert load(tmp_path, f"version: 1\npolicy:\n  severities:\n{rows}").demands.severities


def test_policies_are_searched_up_to_the_repository_and_no_further(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "openaudit.yaml").write_text("version: 1\n")
    assert find_policy(deep) is None  # no repository: only the folder itself
    (tmp_path / "repo" / ".git").mkdir()
    assert find_policy(deep) is None
    (tmp_path / "repo" / "pyproject.toml").write_text("[tool.openaudit]\nversion = 1\n")
    assert find_policy(deep) == tmp_path / "repo" / "pyproject.toml"
    (tmp_path / "repo" / "a" / "openaudit.yaml").write_text("version: 1\n")
    assert find_policy(deep) == tmp_path / "repo" / "a" / "openaudit.yaml"


def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    yaml = load(tmp_path, "version: 1\npolicy:\n  minimum_level: open-weight\n  licenses: {deny: [llama]}\n")
    toml = load(
        tmp_path,
        '[tool.openaudit]\nversion = 1\n[tool.openaudit.policy]\nminimum_level = "open-weight"\n'
        'licenses = {deny = ["llama"]}\n',
        "pyproject.toml",
    )
    assert yaml.demands == toml.demands


TOML = """\
[tool.x]
a = 1

[tool.openaudit]
version = 1
models = [
  "a/b",
]
policy.minimum_level = "open-weight"
use = {kind = "internal", regions = ["EU"]}

[[tool.openaudit.waivers]]
model = "a/b"

[[tool.openaudit.waivers]]
model = "c/d"
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("version",), 5),
        (("models", 0), 6),
        (("policy", "minimum_level"), 9),
        (("use", "regions", 0), 10),
        (("waivers", 0, "model"), 13),
        (("waivers", 1, "model"), 16),
        (("waivers", 1, "owner"), 15),
        (("nothing",), 4),
    ],
)
def test_the_line_of_a_toml_key(keys: tuple[str | int, ...], line: int) -> None:
    assert toml_line_of(TOML, ("tool", "openaudit", *keys)) == line
