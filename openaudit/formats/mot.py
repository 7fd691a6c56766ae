"""The report as a record of the Model Openness Tool: what was found, as the components that it asks to be declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.vocabulary import Failure, Report, Verdict
from openaudit.yaml_text import dump

FRAMEWORK_DATE = "2024-12-15"
_NO_LICENSE = "unlicensed"
_TEXT_LIMIT = 500
_TYPES = {
    "text-generation": "language", "text2text-generation": "language", "translation": "language",
    "summarization": "language", "fill-mask": "language", "question-answering": "language",
    "feature-extraction": "language", "sentence-similarity": "language", "text-classification": "language",
    "token-classification": "language", "image-text-to-text": "multimodal", "any-to-any": "multimodal",
    "text-to-image": "image", "image-to-image": "image", "image-classification": "vision",
    "object-detection": "vision", "image-segmentation": "vision", "text-to-video": "video",
    "image-to-video": "video", "text-to-speech": "audio", "automatic-speech-recognition": "audio",
    "text-to-audio": "audio", "audio-classification": "audio", "text-to-3d": "3d",
}  # fmt: skip


def render(outcomes: Sequence[Report | Failure]) -> str:
    """One YAML document per model, separated by `---`; datasets and what could not be read become a comment, for the
    framework knows models only. Feeding the record to an audit gives the class of the report.

    Source: https://github.com/lfai/model_openness_tool (schema and models/*.yml).
    """
    if not outcomes:
        return "# Nothing was audited.\n"
    return "---\n".join(_document(outcome) for outcome in outcomes)


def _document(outcome: Report | Failure) -> str:
    if isinstance(outcome, Failure):
        return f"# {_line(outcome.target.id or outcome.target.text)}: could not be audited: {_line(outcome.message)}\n"
    verdict = next((v for v in outcome.frameworks if v.framework == "mof"), None)
    if verdict is None:
        return f"# {_line(outcome.id)}: no verdict of the Model Openness Framework, so no record.\n"
    return dump(record_of(outcome, verdict))


def record_of(report: Report, verdict: Verdict) -> dict[str, Any]:
    """The record as plain values. Every component carries the license that decided, `unlicensed` where none was seen."""
    name = clean_name(portable(report.id))
    owner, _, own = name.rpartition("/")
    return {
        "framework": {
            "name": "Model Openness Framework",
            "version": str(verdict.details.get("version", "1.0")),
            "date": FRAMEWORK_DATE,
        },
        "release": {
            "name": own or name,
            "version": clean_name(report.revision or ""),
            "license": {},
            "date": report.resolved_at[:10],
            "type": _TYPES.get(_task(report), ""),
            "architecture": "",
            "origin": clean_name(report.lineage[0].id) if report.lineage else "",
            "producer": owner,
            "contact": "",
            "repository": "",
            "huggingface": report.url if (report.url or "").startswith("https://huggingface.co/") else "",
            "components": [_component(part) for part in verdict.details.get("components", ())],
        },
    }


def _task(report: Report) -> str:
    """What the model does, in the Hub's words, where a framework's check saw it."""
    for verdict in report.frameworks:
        for check in verdict.details.get("checks", ()):
            for evidence in check.get("evidence", ()):
                if evidence.get("topic") == "model.task":
                    return str(evidence.get("value", ""))
    return ""


def _component(part: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": _text(part.get("name")),
        "description": _text(part.get("description")),
        "license": _text(part.get("license")) or _NO_LICENSE,
        "license_path": _text(part.get("license_path")),
        "component_path": _text(part.get("component_path")),
    }


def _text(value: object) -> str:
    return clean(str(value or ""), _TEXT_LIMIT)


def _line(text: str) -> str:
    return clean_name(portable(text))
