"""`openaudit rules`: what audits go by, to read and to test."""

from __future__ import annotations

from pathlib import Path

import click

from openaudit.cli.options import rules_option
from openaudit.errors import TargetError


@click.group(name="rules", short_help="List, show and test the rules.")
def command() -> None:
    """List, show and test the rules that audits go by.

    \b
    Example:  openaudit rules show training_code
    """


@command.command("list")
@rules_option
def list_rules(rule_folders: tuple[Path, ...]) -> None:
    """List every component and finding rule, the checks of every framework, and how many licenses are known.

    \b
    Example:  openaudit rules list
    """
    from openaudit.pipeline import load_knowledge

    knowledge = load_knowledge(rule_folders)
    for rule in knowledge.rules.components:
        click.echo(f"{rule.id:34} component  {rule.dimension.value:8} {rule.question}")
    for finding in knowledge.rules.findings:
        click.echo(f"{finding.id:34} finding    {finding.severity.value:8} {finding.message.split('.')[0]}")
    frameworks = knowledge.rules.frameworks
    for framework in frameworks.checked.values():
        for check in framework.checks:
            click.echo(f"{framework.id + '/' + check.id:34} framework  {check.group:8.8} {check.name}")
    for part in frameworks.mof.components:
        click.echo(f"{'mof/' + part.key:34} framework  class {part.first_class:2} {part.name}")
    click.echo(
        f"\nrules {knowledge.rules.version}: {len(knowledge.rules.components)} component rules, "
        f"{len(knowledge.rules.findings)} finding rules, {len(frameworks.names)} frameworks, "
        f"{len(knowledge.catalog)} licenses"
    )


@command.command("show")
@click.argument("rule_id", metavar="ID")
@rules_option
def show_rule(rule_id: str, rule_folders: tuple[Path, ...]) -> None:
    """Show a rule as it stands in its file, or what is known of a license.

    \b
    Example:  openaudit rules show llama3.1
    """
    from difflib import get_close_matches

    import yaml

    from openaudit.pipeline import load_knowledge
    from openaudit.rule_files import rule_files

    knowledge = load_knowledge(rule_folders)
    for folder in ("components", "findings", "frameworks", "spectrum", "cards", "code", "base"):
        for file in rule_files(folder, rule_folders):
            if file.path.stem == rule_id:
                click.echo(f"# {file.name}\n{file.text}", nl=False)
                return
    catalog = knowledge.catalog
    license_ = catalog.by_id(rule_id) or catalog.by_hub_id(rule_id) or catalog.by_key(rule_id)
    if license_ is None:
        rules = knowledge.rules
        names = [*(r.id for r in rules.components), *(f.id for f in rules.findings), *rules.frameworks.names]
        near = get_close_matches(rule_id, [*names, *catalog.entries], n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "See `openaudit rules list`."
        raise TargetError(f"there is no rule or license '{rule_id}'.", hint=hint)
    facts = {
        "id": license_.id,
        "name": license_.name,
        "category": license_.category,
        "grant": license_.grant.value,
        "why": license_.why,
        "osi_approved": license_.osi_approved,
        "fsf_free": license_.fsf_free,
        "hub_ids": list(license_.hub_ids),
        "terms": license_.terms.as_dict(),
        "source": license_.source,
    }
    click.echo(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=100), nl=False)


def _clause_examples(rule_folders: tuple[Path, ...]) -> list[tuple[str, str, bool, bool]]:
    """The examples of rules/clauses/: id, sentence, whether its rule must find it, whether it does."""
    from openaudit.licenses.clauses import load_clause_rules, rules_found

    rules = load_clause_rules(rule_folders)
    return [
        (
            f"clauses/{example.rule}",
            example.sentence,
            example.expected,
            example.rule in rules_found(example.sentence, rules),
        )
        for example in rules.examples
    ]


@command.command("test")
@rules_option
@click.pass_context
def test_rules(ctx: click.Context, rule_folders: tuple[Path, ...]) -> None:
    """Run the examples of every rule. Exits with 2 when one fails.

    \b
    Example:  openaudit rules test --rules ./my-rules
    """
    from openaudit.engine.trials import run_trials
    from openaudit.pipeline import load_knowledge
    from openaudit.scanners.code_rules import examples as code_examples
    from openaudit.scanners.lexicon import examples

    trials = list(run_trials(load_knowledge(rule_folders).rules))
    failed = [trial for trial in trials if not trial.passed]
    for trial in failed:
        click.echo(
            f"{trial.rule}, example {trial.number}: expected {trial.expected}, got {trial.got}", err=True
        )
    phrases = [*examples(rule_folders), *_clause_examples(rule_folders), *code_examples(rule_folders)]
    wrong = [row for row in phrases if row[2] is not row[3]]
    for name, sentence, expected, _ in wrong:
        click.echo(f"{name}: {'must match' if expected else 'must not match'}: {sentence}", err=True)
    total, bad = len(trials) + len(phrases), len(failed) + len(wrong)
    click.echo(f"{total - bad} examples passed, {bad} failed")
    ctx.exit(2 if bad else 0)
