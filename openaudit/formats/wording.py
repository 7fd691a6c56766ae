"""The words and marks that all formats for people share: levels, statuses, sources, terms, in reading order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.formats.terms import flat
from openaudit.formats.weight_files import figures_of
from openaudit.vocabulary import (
    Ancestor,
    CodeKind,
    CodeRepository,
    DatasetMention,
    Dimension,
    DimensionFinding,
    Failure,
    Finding,
    Grant,
    LicenseConflict,
    LicenseFinding,
    LicenseStatement,
    Reach,
    Report,
    Severity,
    StatementKind,
    Status,
    TargetKind,
    Verdict,
    Where,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step of the spectrum: its number, its id, how it is said, and what it takes."""

    number: int
    id: str
    name: str
    meaning: str


SPECTRUM: tuple[Level, ...] = (
    Level(number=0, id="closed", name="closed", meaning="the weights cannot be obtained"),
    Level(number=1, id="unlicensed", name="unlicensed", meaning="weights to download, no license granted"),
    Level(number=2, id="research-only", name="research only", meaning="no commercial use, or no derivatives"),
    Level(
        number=3, id="restricted-weight", name="restricted", meaning="users, fields, scale or outputs limited"
    ),
    Level(number=4, id="open-weight", name="open weights", meaning="any use, by anyone, for any purpose"),
    Level(
        number=5, id="open-toolchain", name="open toolchain", meaning="weights and code open, data described"
    ),
    Level(number=6, id="fully-open", name="fully open", meaning="weights, code, data and documents open"),
)
_STEPS: Mapping[str, Level] = {level.id: level for level in SPECTRUM}

STATUS_MARKS: Mapping[Status, str] = {
    Status.OPEN: "●",
    Status.RESTRICTED: "◐",
    Status.UNLICENSED: "◌",
    Status.DESCRIBED: "○",
    Status.ABSENT: "×",
    Status.UNKNOWN: "?",
}
STATUS_MEANINGS: Mapping[Status, str] = {
    Status.OPEN: "released, for any use by anyone",
    Status.RESTRICTED: "released, its license limits use",
    Status.UNLICENSED: "released, no license found",
    Status.DESCRIBED: "not released, but documented",
    Status.ABSENT: "looked for, not there",
    Status.UNKNOWN: "could not be looked at",
}
DIMENSION_NAMES: Mapping[Dimension, str] = {
    Dimension.WEIGHTS: "Weights",
    Dimension.CODE: "Code",
    Dimension.DATA: "Data",
    Dimension.DOCS: "Documentation",
}
KIND_NAMES: Mapping[StatementKind, str] = {
    StatementKind.TEXT: "license text",
    StatementKind.PROSE: "card prose",
    StatementKind.TAG: "license tag",
    StatementKind.NAME: "license name",
    StatementKind.LINK: "license link",
    StatementKind.HEADER: "weight file",
    StatementKind.BASE: "license of base",
}
GRANT_NAMES: Mapping[Grant, str] = {
    Grant.OPEN: "any use",
    Grant.RESTRICTED: "limited use",
    Grant.RESEARCH_ONLY: "research only",
    Grant.UNLICENSED: "no license",
    Grant.UNDETERMINED: "cannot be told",
}
CODE_KINDS: Mapping[CodeKind, str] = {
    CodeKind.PRE_TRAINING: "pre-training",
    CodeKind.FINE_TUNING: "fine-tuning",
    CodeKind.INFERENCE: "inference",
    CodeKind.EVALUATION: "evaluation",
    CodeKind.DATA: "data preparation",
}
_OWNERS: Mapping[str, str] = {
    "maker": "the makers' own",
    "library": "a library",
    "other": "somebody else's",
    "unknown": "whose could not be told",
}
SEVERITY_ORDER: Mapping[Severity, int] = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTE: 2}
FRAMEWORK_NAMES: Mapping[str, str] = {
    "spectrum": "Openness spectrum",
    "mof": "Model Openness Framework",
    "osaid": "Open Source AI Definition",
    "osai_index": "Open Source AI Index",
    "eu_ai_act": "EU AI Act, Art. 53(2)",
    "fmti": "Foundation Model Transparency Index",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkLine:
    """One framework's verdict in a line: its name, the verdict in words, and why."""

    name: str
    verdict: str
    why: str


_MOF_CLASSES = {
    "class-iii": "class III, Open Model",
    "class-ii": "class II, Open Tooling",
    "class-i": "class I, Open Science",
}
_VERDICT_WORDS = {
    "fails": "fails",
    "conditions-not-met": "conditions visibly not met",
    "no-failure-found": "no failure found",
    "undetermined": "cannot be told",
    "none": "no class yet",
}


def framework_lines(report: Report) -> list[FrameworkLine]:
    """What each framework but the spectrum says, in one line each: the spectrum is the report's own headline."""
    return [
        FrameworkLine(name=framework_name(v), verdict=verdict_in_words(v), why=_decided(v))
        for v in report.frameworks
        if v.framework != "spectrum"
    ]


def framework_name(verdict: Verdict) -> str:
    """How a framework is called; its id in words where it is a user's own."""
    return FRAMEWORK_NAMES.get(verdict.framework, spoken(verdict.framework))


def verdict_in_words(verdict: Verdict) -> str:
    """A framework's verdict as its readers say it, never more than it is: no framework here certifies anything."""
    details = verdict.details
    if verdict.verdict in _MOF_CLASSES:
        return _MOF_CLASSES[verdict.verdict]
    if verdict.framework == "osai_index" and isinstance(details.get("told"), int):
        return f"{clean_name(verdict.verdict)} of 1, by {details['told']} of {details.get('of')} parameters"
    if isinstance(details.get("judged"), int) and isinstance(details.get("satisfied"), int):
        return f"{details['satisfied']} of {details['judged']} that could be judged"
    return _VERDICT_WORDS.get(verdict.verdict, spoken(verdict.verdict))


def _decided(verdict: Verdict) -> str:
    """Why, in the framework's words; else the names of what decided it."""
    return clean(verdict.reason) or ", ".join(spoken(name) for name in verdict.decided_by[:6])


def step_of(level_id: str) -> Level | None:
    """The step of the spectrum with this id; None for `undetermined` and for what is no level of models."""
    return _STEPS.get(level_id)


def level_in_words(level_id: str) -> str:
    """A level by its id as the spectrum says it; an unknown id in its own words."""
    step = step_of(level_id)
    return step.name if step else spoken(level_id)


def spoken(identifier: str) -> str:
    """An id in words: `osaid_1-0` is "osaid 1 0"."""
    return clean_name(identifier).replace("_", " ").replace("-", " ")


def place(where: Where) -> str:
    """Where something was read, as a reader writes it: `README.md:3–5`."""
    name = clean_name(portable(where.path)) if where.path else _page(where.url or "the repository")
    if where.lines is None:
        return name
    first, last = where.lines
    return f"{name}:{first}" if first == last else f"{name}:{first}–{last}"


def _page(url: str) -> str:
    """An address; of a file's page on the Hub or GitHub only the repository and the path: `org/name: README.md`."""
    found = re.match(r"https?://[^/]+/(?P<home>[^?#]{1,200}?)/blob/[^/]+/(?P<path>[^?#]+)", url)
    return clean_name(f"{found['home']}: {found['path']}" if found else url)


def licenses_said(statement: LicenseStatement) -> str:
    """The licenses recognised in a statement, and how they combine; "not recognised" where there are none."""
    if not statement.licenses:
        return "not recognised"
    link = {"all": " and ", "any": " or ", "unclear": " / ", "single": ", "}[statement.joined]
    said = link.join(short_license(license_id) for license_id in statement.licenses[:8])
    return f"{said} (modified)" if statement.modified else said


def scope_in_words(statement: LicenseStatement) -> str:
    """Which part a statement speaks of, where it is not the whole release or its weights: "of the code"."""
    if statement.scope & {"release", "weights"}:
        return ""
    if statement.scope == {"other"}:
        return "of another model"
    return f"of the {', '.join(clean_name(part) for part in sorted(statement.scope))}"


def grant_in_words(statement: LicenseStatement) -> str:
    """What a statement alone lets anyone do; where that cannot be told, the most it can be."""
    said = GRANT_NAMES[statement.grant]
    if statement.grant is Grant.UNDETERMINED and statement.at_most is not Grant.OPEN:
        return f"{said}, at most {GRANT_NAMES[statement.at_most]}"
    return said


def short_license(license_id: str) -> str:
    """A license id without the namespace of its list, for narrow columns: `llama3.1-community`."""
    return re.sub(r"\bLicenseRef-(?:openaudit|scancode)-", "", clean_name(license_id))


def license_title(report: Report) -> str:
    """What the license is of."""
    return "License of the weights" if report.subject == "model" else "License of the dataset"


def license_in_words(license: LicenseFinding) -> str:
    """The license that binds the weights, or that there is none or that it cannot be told."""
    if license.effective:
        return clean_name(license.effective)
    return "none" if license.grant is Grant.UNLICENSED else "cannot be told"


def access_in_words(report: Report) -> str:
    """Who can get the files, in one sentence."""
    access = report.access
    if report.target.kind is TargetKind.RECORD:
        return "A record of what was released: the release itself was not looked at."
    if report.target.kind in (TargetKind.FOLDER, TargetKind.FILE, TargetKind.OLLAMA):
        return "A local copy: who else can get the files is not told by it."
    gate = {
        "auto": "Gated: everyone who accepts the conditions gets the files.",
        "manual": "Gated: the makers approve each request by hand.",
        None: "Whether access is gated could not be told.",
    }
    parts = ["Not gated." if access.gated is False else gate[access.gated or None]]
    if access.private:
        parts.append("Private repository.")
    if access.disabled:
        parts.append("Disabled by the Hub.")
    if access.downloadable is False:
        parts.append("The weights cannot be downloaded.")
    elif access.downloadable:
        parts.append("The weights can be downloaded.")
    if access.detail:
        parts.append(clean(access.detail))
    return " ".join(parts)


def owner_in_words(repository: CodeRepository) -> str:
    """Whose a code repository is."""
    return _OWNERS.get(repository.owner, _OWNERS["unknown"])


def code_in_words(repository: CodeRepository) -> str:
    """What a code repository does: "pre-training and evaluation code"; or why that is not known."""
    if repository.kinds:
        return f"{_listed([CODE_KINDS[kind] for kind in repository.kinds])} code"
    if repository.status is Status.ABSENT:
        return f"a link without code{_because(repository.why)}"
    if repository.reach is not Reach.READ:
        return f"not read{_because(repository.why)}"
    return "code of no kind that is known"


def dataset_reach(dataset: DatasetMention) -> str:
    """How a dataset is known, in words: read, known from the rules, or why not read."""
    if dataset.reach is Reach.READ:
        gate = {"auto": ", gated", "manual": ", gated by hand"}.get(str(dataset.gated), "")
        return f"read{gate}"
    if dataset.reach is Reach.FACTS:
        return "not read, known from the rules"
    return f"not read{_because(dataset.why)}"


def license_of_kin(license: str | None, name: str | None, grant: Grant) -> str:
    """The license of a relative by name or id; none granted and not seen are two things."""
    if license or name:
        return clean_name(name) if name else short_license(license or "")
    return "none granted" if grant is Grant.UNLICENSED else "not seen"


def _because(why: str) -> str:
    return f": {clean(why).rstrip('.')}" if why else ""


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]


def coverage_in_words(report: Report) -> str:
    """How much of what counts was read: "6 of 7 documents (86 %)"."""
    coverage = report.coverage
    if not coverage.expected:
        return "no document was expected"
    return f"{coverage.read} of {coverage.expected} documents read ({round(100 * coverage.share)} %)"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenNote:
    """Something that counts and was not seen: its path or id where it has one, the reason in a word, and the message."""

    path: str
    reason: str
    message: str


def unseen_notes(report: Report) -> list[UnseenNote]:
    """What could not be seen, each once: what coverage misses, then errors that say something else, then relatives
    that were not read."""
    notes = [_note(unread.path, unread.reason, unread.message) for unread in report.coverage.missing]
    notes += [
        _note(error.get("path", ""), error.get("reason") or error.get("stage", ""), error.get("message", ""))
        for error in report.errors
    ]
    kin: list[Ancestor | DatasetMention | CodeRepository] = [*report.lineage, *report.datasets, *report.code]
    notes += [_note(each.id, "not read", each.why) for each in kin if each.reach is Reach.UNREAD and each.why]
    return list({(note.path, note.message): note for note in reversed(notes)}.values())[::-1]


def _note(path: str, reason: str, message: str) -> UnseenNote:
    return UnseenNote(path=clean_name(portable(path)), reason=spoken(reason), message=clean(message))


def artifacts_in_words(artifacts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the weight files hold, as pairs of label and words, in the scanner's order."""
    return [
        (_LABELS.get(key) or spoken(key).capitalize(), _artifact(key, value))
        for key, value in list(figures_of(artifacts).items())[:20]
        if value not in (None, "", [], (), {})
    ]


_LABELS = {"frameworks": "Made for", "bytes": "Size"}


def _artifact(key: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if key == "parameters":
            return _in_thousands(value, ("", " thousand", " million", " billion", " trillion"))
        if key in ("bytes", "size_bytes"):
            return _in_thousands(value, (" bytes", " kB", " MB", " GB", " TB"))
    return flat(value)


def _in_thousands(number: int, units: Sequence[str]) -> str:
    """Three significant digits and a unit: 7241732096 is "7.24 billion"."""
    scaled, unit = float(min(number, 10**18)), 0
    while scaled >= 999.5 and unit < len(units) - 1:
        scaled, unit = scaled / 1000, unit + 1
    return f"{scaled:.3g}{units[unit]}" if scaled < 999.5 else f"{scaled:.0f}{units[unit]}"


def score_in_words(report: Report) -> str:
    """The score in whole points; a dash where nothing could be seen, which is not the same as no points."""
    seen = report.score or any(dimension.status is not Status.UNKNOWN for dimension in report.dimensions)
    return points(report.score) if seen else "–"


def dimension_points(dimension: DimensionFinding) -> str:
    """The score of a dimension in whole points; a dash where nothing of it could be seen."""
    return points(dimension.score) if dimension.status is not Status.UNKNOWN or dimension.score else "–"


def points(score: float) -> str:
    """A score in whole points."""
    return str(round(score))


def outcome_name(outcome: Report | Failure) -> str:
    """`org/name@revision` with a commit cut to twelve characters."""
    identifier = outcome.id if isinstance(outcome, Report) else outcome.target.id or outcome.target.text
    revision = outcome.revision if isinstance(outcome, Report) else outcome.target.revision
    name = clean_name(portable(identifier))
    return f"{name}@{short_revision(revision)}" if revision else name


def short_revision(revision: str) -> str:
    """A commit cut to twelve characters; a branch or tag whole."""
    revision = clean_name(revision)
    is_commit = len(revision) == 40 and all(digit in "0123456789abcdef" for digit in revision)
    return revision[:12] if is_commit else revision


def findings_in_order(findings: Sequence[Finding]) -> list[Finding]:
    """The gravest first; within one severity as the rules gave them."""
    return sorted(findings, key=lambda finding: SEVERITY_ORDER[finding.severity])


def contradictions(report: Report) -> list[LicenseConflict]:
    """The conflicts for the box at the top: two places that disagree, or one that contradicts itself gravely.

    A slip of one place (a broken link, a misspelt key) is no contradiction; the engine makes a finding of it too.
    """
    return [
        conflict
        for conflict in report.license.conflicts
        if len(conflict.between) > 1 or conflict.severity is Severity.CRITICAL
    ]


def fix_of(report: Report, conflict: LicenseConflict) -> str:
    """What the makers can do about a conflict, from the finding that the engine makes of it; empty where none is."""
    return next((finding.fix for finding in report.findings if finding.message == conflict.message), "")


def policy_of(report: Report) -> Mapping[str, Any] | None:
    """How it stands against a policy, as the JSON report writes it; None where it was held against none."""
    found: Mapping[str, Any] | None = getattr(report, "policy", None)
    return found


def policy_title(policy: Mapping[str, Any]) -> str:
    """The verdict of a policy in a line."""
    head = "It meets the policy" if policy["passed"] else "It does not meet the policy"
    return f"{head} {clean_name(policy['name'])}"


def waived_by(waiver: Mapping[str, Any]) -> str:
    """Who waived a violation, until when, and why."""
    return f"Waived by {clean(waiver['owner'])} until {waiver['expires']}: {clean(waiver['reason'])}"


def other_findings(report: Report) -> list[Finding]:
    """The findings that are not already told as a contradiction between licenses, the gravest first."""
    told = {conflict.message for conflict in contradictions(report)}
    return [finding for finding in findings_in_order(report.findings) if finding.message not in told]
