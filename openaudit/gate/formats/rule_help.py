"""What the rules of a check ask and what to do about them, for viewers that show a rule beside its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openaudit.formats import wording
from openaudit.formats.safe_text import clean_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """A rule in one sentence, and what to do about it: our own words in Markdown, nothing of a policy in them."""

    asks: str
    fix: str


_HELP: Mapping[str, Help] = {
    "minimum-level": Help(
        asks="The policy asks for at least this level of openness.",
        fix="Use a more open model, lower `minimum_level` for this path or model in `overrides`, or add a waiver.",
    ),
    "licenses": Help(
        asks="The policy says which licenses may be used, which may not, and which somebody has to review.",
        fix="Use a model under an allowed license, or have the license reviewed and change the policy's `licenses`.",
    ),
    "deny-terms": Help(
        asks="The license carries a limit or duty that the policy denies for the declared use.",
        fix="Use a model without that limit, correct the declared `use`, or get permission and add a waiver.",
    ),
    "require": Help(
        asks="The policy requires a fact of every model, and it is not so or could not be told.",
        fix="See the message: most often a commit to pin, safetensors to load, or a license to ask the makers for.",
    ),
    "conditions": Help(
        asks="A condition that the policy's authors wrote holds for this model's report.",
        fix="See the message, which is theirs.",
    ),
    "lock": Help(
        asks="The model is not as it was when it was adopted and written to `openaudit.lock`.",
        fix="Read what changed; if you accept it, run `openaudit lock` and commit the lock file.",
    ),
    "license-missing": Help(
        asks="The makers grant no license, so nobody may use the model.",
        fix="Ask the makers for a license, or use another model.",
    ),
    "license-unknown": Help(
        asks="What the license lets you do could not be told.",
        fix="Read the license, or have it reviewed; then name it in the policy or add a waiver.",
    ),
    "use": Help(
        asks="The license does not let you do what the policy declares as `use`.",
        fix="Use another model, correct the declared `use`, or get permission and add a waiver.",
    ),
}


def help_of(rule: str) -> Help:
    """The help of a rule by the part of its id before the slash; general words for a rule that is not known here."""
    return _HELP.get(rule.partition("/")[0]) or Help(
        asks="The policy or the lock file asks for this.",
        fix="See the message, and `openaudit check --explain`.",
    )


def title_of(rule: str) -> str:
    """A rule's id in words: `require/pinned-revision` is "Require: pinned revision"."""
    stem, _, rest = clean_name(rule).partition("/")
    words = wording.spoken(stem).capitalize()
    return f"{words}: {wording.spoken(rest)}" if rest else words
