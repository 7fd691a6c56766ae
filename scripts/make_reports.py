"""Make reports/: audit the models of a corpus on the localhost Hub, and keep of each report what may be published.

    python -m scripts.make_reports CORPUS -o reports/ [--only TEXT] [--date YYYY-MM-DD]

CORPUS holds `hub/models/<owner>__<name>/` (or `models/...`) as tests/hub/README.md describes it. The corpus has cards,
licenses and some listings, and no weights: the localhost Hub serves small stand-ins, and knows no model that was not
copied. So everything that only a stand-in can have told is taken out again (parameters, bytes, training compute), as are
findings that something is missing on the Hub where only the copy lacks it, and revisions and addresses that exist on
the localhost Hub alone. Quotes are cut to 150 characters. One line a model, sorted by id: the same corpus, rules and
date give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.hub import HubServer

HUB = "https://huggingface.co"
QUOTE_LIMIT = 150
VALUE_LIMIT = 80
EVIDENCE_LIMIT = 5
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")
_LOCAL = re.compile(r"https?://(?:127\.0\.0\.1|localhost)(?::\d+)?")
_PLACES = ("url", "address")
_QUOTES = ("quote", "says")
_STAND_IN_FACTS = ("parameters", "bytes", "files", "unproven", "tensors")
_OF_STAND_INS = frozenset({"damaged-weights", "unproven-weights", "hostile-weights", "base-missing"})
"""Findings that the stand-ins make, or the gaps of the corpus: never true of the Hub."""
_OF_LISTINGS = frozenset({"license-by-name-only", "license-link-missing", "missing-card", "no-weights-here"})
"""Findings that a file is missing: nothing is known of that where the copy has no listing of the Hub's."""
_COPY = "In the copies that were read: "
_SLICE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Its folder for the Hub, the models that are publicly known, those with a real listing, and the real commits."""

    folder: Path
    models: tuple[str, ...]
    listed: frozenset[str]
    commits: frozenset[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", default="", help="only ids that contain this text")
    parser.add_argument("--date", help="the day of the audit; default: SOURCE_DATE_EPOCH, else today")
    arguments = parser.parse_args()
    corpus = read_corpus(arguments.corpus)
    wanted = [id_ for id_ in corpus.models if arguments.only.lower() in id_.lower()]
    if not wanted:
        parser.error(f"no model of {corpus.folder} is called so")
    lines = list(published(corpus, wanted, _epoch(arguments.date)))
    arguments.output.mkdir(parents=True, exist_ok=True)
    target = arguments.output / "models.jsonl"
    target.write_text("".join(lines), encoding="utf-8")
    print(f"{target}: {len(lines)} models, {target.stat().st_size / 1e6:.1f} MB")


def _epoch(date: str | None) -> str:
    if date:
        return str(int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()))
    return os.environ.get("SOURCE_DATE_EPOCH") or str(int(datetime.now(UTC).timestamp()) // 86400 * 86400)


def read_corpus(folder: Path) -> Corpus:
    """The corpus below a folder."""
    hub = folder / "hub" if (folder / "hub").is_dir() else folder
    models: list[str] = []
    listed: set[str] = set()
    commits: set[str] = set()
    for path in sorted((hub / "models").glob("*/repo.json")):
        repository: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(repository.get("repo_id"), str):
            models.append(repository["repo_id"])
            listed |= {repository["repo_id"]} if repository.get("files") else set()
        commits |= {str((repository.get("api") or {}).get("sha"))}
    for path in (hub / "code").glob("*/tree.json"):
        commits |= {str(json.loads(path.read_text(encoding="utf-8")).get("commit"))}
    return Corpus(
        folder=hub,
        models=tuple(sorted(set(models), key=str.lower)),
        listed=frozenset(listed),
        commits=frozenset(commits),
    )


def published(corpus: Corpus, ids: Sequence[str], epoch: str) -> Iterator[str]:
    """One line a model: its report as it may be published."""
    with HubServer(corpus.folder) as hub, tempfile.TemporaryDirectory() as scratch:
        environment = {
            **os.environ,
            **hub.environment,
            "SOURCE_DATE_EPOCH": epoch,
            "HF_HOME": f"{scratch}/hf",
            "XDG_CACHE_HOME": f"{scratch}/cache",
        }
        for start in range(0, len(ids), _SLICE):
            part = ids[start : start + _SLICE]
            print(f"{start + len(part)} of {len(ids)}", file=sys.stderr)
            for report in _scanned(part, environment, Path(scratch) / "reports.json"):
                text = json.dumps(publishable(report, corpus), sort_keys=True, separators=(",", ":"))
                if _LOCAL.search(text):
                    raise SystemExit(f"{report['target']['id']}: an address of the localhost Hub is left")
                yield text + "\n"


def _scanned(ids: Sequence[str], environment: Mapping[str, str], output: Path) -> list[dict[str, Any]]:
    """The reports of `openaudit scan`. Status 3 is no reason to stop: such a report says what was not seen."""
    output.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "openaudit", "scan", *ids, "-f", f"json={output}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 3) or not output.is_file():
        raise SystemExit(f"openaudit scan failed with {done.returncode}:\n{done.stderr[-2000:]}")
    document: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    reports: list[dict[str, Any]] = document.get("reports", [document])
    return reports


def publishable(report: dict[str, Any], corpus: Corpus) -> dict[str, Any]:
    """The report without what only the localhost Hub has or lacks, and with short quotes."""
    report = _cleaned(report, corpus.commits)
    report["target"]["released_at"] = None  # the localhost Hub has one date for all
    report["artifacts"] = {k: v for k, v in report["artifacts"].items() if k not in _STAND_IN_FACTS}
    untold = _OF_STAND_INS if report["target"]["id"] in corpus.listed else _OF_STAND_INS | _OF_LISTINGS
    report["findings"] = [finding for finding in report["findings"] if finding["rule"] not in untold]
    for gap in (*report["errors"], *report["coverage"]["missing"]):
        gap["message"] = f"{_COPY}{gap['message']}"
    for told in (*report["components"], *report["findings"], *report.get("code", ())):
        told["evidence"] = told["evidence"][:EVIDENCE_LIMIT]
    for framework in report["frameworks"].values():
        framework.pop("systemic_risk", None)
        for check in framework.get("checks", ()):
            check["evidence"] = [_brief(evidence) for evidence in check.get("evidence", ())[:1]]
            for key in ("source", "group"):  # the rules of the framework have them
                check.pop(key, None)
    for key in ("components", "by_class"):
        report["frameworks"].get("mof", {}).pop(key, None)
    return report


def _brief(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence of a framework's check: the components hold the same with its quote."""
    return {
        key: evidence[key][:VALUE_LIMIT] if key == "value" else evidence[key]
        for key in ("topic", "value", "where")
        if key in evidence
    }


def _cleaned(value: Any, commits: frozenset[str], key: str = "") -> Any:
    if isinstance(value, dict):
        found = {name: _cleaned(item, commits, name) for name, item in value.items()}
        if found.get("topic") == "files.weights":
            found["detail"] = {
                k: v for k, v in found.get("detail", {}).items() if k not in ("bytes", "files")
            }
        return found
    if isinstance(value, list):
        return [_cleaned(item, commits, key) for item in value]
    if not isinstance(value, str):
        return value
    made_up = [commit for commit in _COMMIT.findall(value) if commit not in commits]
    if made_up and (key == "revision" or key in _PLACES):
        return None
    value = _LOCAL.sub(HUB if key in _PLACES or key == "where" else "the collection of copies", value)
    limit = QUOTE_LIMIT if key in _QUOTES or key == "value" else None
    return value if limit is None or len(value) <= limit else value[: limit - 1].rstrip() + "…"


if __name__ == "__main__":
    main()
