"""The rules as pages: components, findings, the spectrum, frameworks, the topics that rules ask for, ready policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openaudit.gate.rule_names import groups, rule_names
from openaudit.rule_files import RuleFile, rule_files
from scripts.reference.markup import Raw, code, codes, fenced, folded, paragraph, table, text

Value = Mapping[str, Any]


def pages() -> dict[str, str]:
    """All pages of this module, by path."""
    return {
        "reference/components.md": "\n".join(_components()),
        "reference/findings.md": "\n".join(_findings()),
        "reference/spectrum.md": "\n".join(_spectrum()),
        "reference/frameworks.md": "\n".join(_frameworks()),
        "reference/topics.md": "\n".join(_topics()),
        "reference/policies.md": "\n".join(_policies()),
        "reference/relicensing.md": "\n".join(_relicensing()),
    }


def _components() -> Iterator[str]:
    yield (
        "# Components\n\nThe parts of a release, each with the rule that judges it. The first outcome whose condition holds "
        "decides; where the place that it asks for could not be looked at, the status is `unknown`. A status “by grant of” a "
        "part is `open`, `restricted` or `unlicensed`, as the license of that part says. What the words after *when* mean: "
        "[topics](topics.md).\n"
    )
    for file in rule_files("components"):
        rule = file.value
        weight = f"Counts {rule['weight']} points in the dimension {rule['dimension']}."
        yield f"## {rule['name']} {{ #{rule['id']} }}\n"
        yield paragraph(rule.get("question", ""), weight, Raw(f"Rule {code(rule['id'])}."))
        rows = [(_status(o["status"]), text(o["reason"]), _when(o["when"])) for o in rule["outcomes"]]
        yield table(("status", "reason", "when"), rows)
        if rule.get("remedy"):
            yield paragraph("What would raise it:", rule["remedy"])
        yield _as_written(file)


def _status(status: Any) -> Raw:
    return Raw(f"by grant of {code(status['by_grant'])}") if isinstance(status, dict) else code(status)


def _when(when: Any) -> Raw:
    """A condition on one line, as it could be written in the file."""
    return code(json.dumps(when, ensure_ascii=False).replace('"', ""))


def _as_written(file: RuleFile) -> str:
    return folded(f"{file.name}, with its examples", fenced(file.text, "yaml"))


def _findings() -> Iterator[str]:
    yield (
        "# Findings\n\nWhat a report warns of. `critical` means: do not adopt it before this is settled; `warning`: look at it; "
        "`note`: good to know. The places in braces are filled with what was seen. Conflicts between the places that name a "
        "license are findings too, and come [last](#conflicts).\n"
    )
    for file in rule_files("findings"):
        rule = file.value
        yield f"## {rule['id']} {{ #{rule['id']} }}\n"
        yield paragraph(Raw(f"<strong>{rule['severity']}</strong>"), "·", rule["message"])
        if rule.get("fix"):
            yield paragraph("Fix:", rule["fix"])
        yield paragraph("When:", _when(rule["when"]))
        yield _as_written(file)
    yield "## Conflicts { #conflicts }\n\nThe kinds of disagreement about the license, each a finding `license-conflict`.\n"
    conflicts: Value = _base("conflicts")["conflicts"]
    yield table(
        ("kind", "what it means", "what to do"),
        [(code(k), v["title"], v["fix"]) for k, v in conflicts.items()],
    )


def _spectrum() -> Iterator[str]:
    yield (
        "# Levels and score\n\nThe first level whose needs all hold is the level. What the levels mean: "
        "[The spectrum](../explanation/spectrum.md).\n"
    )
    for file in rule_files("spectrum"):
        rule = file.value
        yield f"## {'Models' if rule['subject'] == 'model' else 'Datasets'} {{ #{rule['subject']} }}\n"
        rows = [
            (
                code(level["id"]),
                level["name"],
                code(level["band"]),
                codes(level["grant"]),
                _needs(level["components"]),
                level["headline"],
            )
            for level in [*rule["levels"], {"grant": [], "components": {}, **rule["undetermined"]}]
        ]
        yield table(
            ("level", "name", "band", "grant of the license", "components and dimensions", "headline"), rows
        )
        dimensions = [
            (name, f"{rule['dimension_share'][name]} %", _pick(picks))
            for name, picks in rule["dimensions"].items()
        ]
        yield table(("dimension", "share of the score", "its status"), dimensions)
    score = _base("score")
    yield "## Points of a component { #points }\n"
    yield (
        "A component earns its weight (see [components](components.md)) times the share of its status. `unknown` earns nothing and "
        "costs nothing: it is left out of the sum, and the coverage says so. The score of a dimension is the share of its points, the "
        "score of the model the sum of its dimensions by their shares.\n"
    )
    yield table(("status", "share"), [(code(k), v) for k, v in score["status_share"].items()])
    yield "Where the status of the weights comes from a license, its grant counts:\n"
    yield table(("grant", "share"), [(code(k), v) for k, v in score["grant_share"].items()])


def _needs(components: Value) -> Raw:
    return Raw("<br>".join(f"{code(name)}: {codes(wanted, ' or ')}" for name, wanted in components.items()))


def _pick(picks: Value) -> Raw:
    (how, names), *_ = picks.items()
    return Raw(
        f"{'worst' if how == 'worst_of' else 'best'} of {codes(names)}" if len(names) > 1 else codes(names)
    )


def _frameworks() -> Iterator[str]:
    yield (
        "# Frameworks\n\nThe checks behind each verdict. What the verdicts mean, and what they do not: "
        "[Frameworks](../explanation/frameworks.md).\n"
    )
    for file in rule_files("frameworks"):
        rule = file.value
        yield f"## {rule['name']} {{ #{rule['id']} }}\n"
        yield paragraph(
            rule["question"], Raw(f"Version {text(rule['version'])}, in reports {code(rule['id'])}.")
        )
        yield "\n".join(f"- <{reference}>" for reference in rule.get("references", ())) + "\n"
        if "checks" in rule:
            yield table(("check", "group", "it asks whether", "results"), [_check(c) for c in rule["checks"]])
        else:
            yield table(("component", "class", "required", "kind"), [_part(c) for c in rule["components"]])
        if rule.get("limits"):
            yield (
                "Not judged, because no repository shows it:\n\n"
                + "\n".join(f"- {text(x)}" for x in rule["limits"])
                + "\n"
            )
        yield _as_written(file)


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>\n"


def _check(check: Value) -> tuple[object, ...]:
    results = Raw("<br>".join(f"{code(o['result'])} {text(o['reason'])}" for o in check["outcomes"]))
    source = f" ({check['source']})" if check.get("source") else ""
    return code(check["id"]), check.get("group", ""), f"{check['name']}{source}", results


def _part(part: Value) -> tuple[object, ...]:
    return part["name"], part["class"].upper(), "yes" if part["required"] else "no", part["type"]


def _topics() -> Iterator[str]:
    yield (
        "# Topics\n\nWhat rules may ask for, by the area that it is read from. Where an area could not be looked at, a rule that asks for "
        "one of its topics answers “unknown”. Topics under *judged* are for frameworks only: they are what the engine concluded. How to "
        "write a condition: [Your own rules](../how-to/rules.md#conditions).\n"
    )
    for name in ("topics", "judged"):
        for area, topics in _base(name)["areas"].items():
            yield f"## {area} {{ #{area} }}\n"
            yield table(("topic", "evidence"), [(code(topic), words) for topic, words in topics.items()])


def _policies() -> Iterator[str]:
    yield (
        "# Ready policies\n\nFor `openaudit check --policy NAME`, `openaudit scan --policy NAME`, and `extends: NAME` in a policy of "
        "your own. Every key: [Policy file](policy.md).\n"
    )
    for file in rule_files("policies"):
        yield f"## {file.path.stem} {{ #{file.path.stem} }}\n\n{paragraph(file.value['about'])}\n{fenced(file.text, 'yaml')}"
    yield "## Rules of the check { #rules }\n\nThe names that `severities` and waivers use; `severities` also takes a whole group.\n"
    singles = [name for name in rule_names() if "/" not in name]
    grouped = [(g, [n for n in rule_names() if n.startswith(f"{g}/")]) for g in groups()]
    rows = [("–", codes(singles)), *((code(g), codes(names)) for g, names in grouped if names)]
    yield table(
        ("group", "rules"), [*rows, (code("conditions"), "conditions/ID, for each condition of your policy")]
    )
    words = next(iter(rule_files("policies/words"))).value
    yield "## Sectors and regions { #words }\n\nWhat `use.sector` and `use.regions` may say, besides ISO 3166 codes of two letters.\n"
    yield table(
        ("sector", "words of a license that bear on it"),
        [(code(k), ", ".join(v)) for k, v in words["sectors"].items()],
    )
    regions = [
        (code(short), long, codes(words["regions"].get(long, ()), " "))
        for short, long in words["short"].items()
    ]
    yield table(("region", "stands for", "countries"), regions)


def _relicensing() -> Iterator[str]:
    yield (
        "# Relicensing\n\nWhat a model may be released as that was made from another: the first row that the base's license meets "
        "decides. Why: [Lineage](../explanation/lineage.md).\n"
    )
    value = _base("relicensing")
    becomes = {
        "nothing": "nothing: it may not be released",
        "same": "the same license or family, or something stricter that keeps its terms",
        "no-looser": "anything that grants no more",
        "anything": "any license, as long as notices stay",
    }
    rows = [
        (
            code(r["id"]),
            _needs(r["base"]),
            becomes[r["may_become"]],
            code(r["severity"]),
            r["reason"],
            r["source"],
        )
        for r in value["relicensing"]
    ]
    yield table(("row", "base", "may become", "severity if not", "because", "source"), rows)
    yield "Granting more than the base does is always critical.\n\n## Examples { #examples }\n"
    examples = [(code(e["base"]), code(e["child"]), e["expect"]) for e in value["examples"]]
    yield table(("base", "made from it", "finding"), examples)


def _base(name: str) -> Value:
    """The value of a file of rules/base/."""
    return next(file.value for file in rule_files("base") if file.path.stem == name)
