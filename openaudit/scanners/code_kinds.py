"""What the code of a repository does: told by the paths of its files, and by the lines of those that were read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote as quoted

from openaudit.scanners.code_rules import CodeRules, Sign
from openaudit.scanners.scene import quote
from openaudit.vocabulary import CodeKind, Document, Evidence, FileEntry, Snapshot, Where

MAX_PATHS = 30_000
_LONGEST_PATH = 300
_LONGEST_LINE = 400
_MAX_LINES = 4_000
_MAX_EVIDENCE = 3
_ENOUGH = 2
"""A sure sign is worth two points, an unsure one one point."""
_PROGRAM_ENDS = (".py", ".ipynb", ".jl", ".rs", ".cpp", ".cc", ".cu", ".go", ".ts", ".js")
_SCRIPT_ENDS = (".sh", ".bash", ".slurm", ".sbatch")
_README = re.compile(r"readme(?:[._-]\w{1,10}){0,2}", re.IGNORECASE)
_TRAINING = ("training", "pre-training", "fine-tuning")
_IDLE = re.compile(
    r"\s{0,400}(?:#.{0,400}|//.{0,400}|[\"']{1,3}.{0,400}|pass|\.\.\.|print\(.{0,200}\)|echo .{0,200}|raise NotImplementedError.{0,200}"
    r"|todo.{0,200}|coming soon.{0,200}|(?:import|from) .{0,200})?\s{0,400}",
    re.IGNORECASE,
)
"""A line that does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One sign in one file; `line` is None for its path, `points` what it is worth there."""

    sign: Sign
    path: str
    points: int
    line: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What the code of a repository does, and the files that show it; `has_code` tells that there is any."""

    has_code: bool
    kinds: tuple[CodeKind, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def kinds_of(code: Snapshot, rules: CodeRules) -> Kinds:
    """The kinds of code in a snapshot. Pure; bounded by the number of paths and lines that are looked at."""
    idle = {d.path for d in code.documents if d.origin is None and _is_idle(d, rules)}
    if not any(
        is_code(file, rules) and not rules.ignored.search(file.path) and file.path not in idle
        for file in code.files[:MAX_PATHS]
    ):
        return Kinds(has_code=False)
    sightings = [s for s in sightings_of(code.files, rules) if s.path not in idle]
    by_path: dict[str, set[str]] = {}
    for sighting in sightings:
        by_path.setdefault(sighting.path, set()).add(sighting.sign.kind)
    for document in code.documents:
        if document.origin is None and document.path not in idle:
            sightings.extend(_in_text(document, by_path.get(document.path, set()), rules))
    shown = dict(_decided(sightings))
    return Kinds(
        has_code=True,
        kinds=tuple(kind for kind in CodeKind if kind in shown),
        evidence=tuple(e for kind in CodeKind if kind in shown for e in _evidence(kind, shown[kind], code)),
    )


def is_code(file: FileEntry, rules: CodeRules) -> bool:
    """Whether a file is a program by its name, and longer than a placeholder."""
    return file.path.lower().endswith(rules.code_ends) and not _is_small(file, rules)


def _is_small(file: FileEntry, rules: CodeRules) -> bool:
    return file.size_bytes is not None and file.size_bytes < rules.smallest_bytes


# ---------------------------------------------------------------- paths


@lru_cache(maxsize=64)
def sightings_of(files: tuple[FileEntry, ...], rules: CodeRules) -> tuple[Sighting, ...]:
    """The signs in the paths of a listing, of each sign the few shallowest paths; kept, as many cards link one
    repository."""
    ends = (*rules.code_ends, *rules.settings_ends)
    found: dict[str, list[Sighting]] = {}
    for file in sorted(files[:MAX_PATHS], key=lambda f: (f.path.count("/"), f.path)):
        path = file.path
        if len(path) > _LONGEST_PATH or not path.lower().endswith(ends) or _is_small(file, rules):
            continue
        if rules.ignored.search(path):
            continue
        for sign in rules.paths:
            seen = found.setdefault(sign.id, [])
            if len(seen) < 2 * _MAX_EVIDENCE and sign.search(path) and not _is_told(sign, path, rules):
                seen.append(Sighting(sign=sign, path=path, points=_ENOUGH if sign.sure else 1, text=path))
    return tuple(sighting for seen in found.values() for sighting in seen)


def _is_told(sign: Sign, path: str, rules: CodeRules) -> bool:
    """Whether the path of a training script tells itself what it starts from."""
    return sign.kind == "training" and any(
        other.sure and other.kind in _TRAINING[1:] and other.search(path) for other in rules.paths
    )


# ---------------------------------------------------------------- texts


def place_of(path: str, rules: CodeRules) -> str:
    """What kind of text a file holds, as signs name it; '' for none that is looked into."""
    low = path.lower()
    if low.endswith(_PROGRAM_ENDS):
        return "program"
    if low.endswith(_SCRIPT_ENDS):
        return "script"
    if low.endswith(rules.settings_ends):
        return "settings"
    return "readme" if _README.fullmatch(low.rsplit("/", 1)[-1]) else ""


def _in_text(document: Document, own: set[str], rules: CodeRules) -> Iterator[Sighting]:
    """The signs in the lines of one file. A file that is named for one thing and does another on the way (a training
    script that samples, an evaluation that generates) is a weaker sign of the other."""
    place = place_of(document.path, rules)
    if not place or rules.ignored.search(document.path):
        return
    signs = [sign for sign in rules.texts if sign.place == place]
    first: dict[str, tuple[Sign, int, str]] = {}
    for number, line in enumerate(document.text.splitlines()[:_MAX_LINES], 1):
        row = _spoken(line[:_LONGEST_LINE], place)
        for sign in signs if row else ():
            if sign.id not in first and sign.search(row):
                first[sign.id] = (sign, number, row)
    named = own or {sign.kind for sign, _, _ in first.values() if sign.sure and sign.kind in _TRAINING}
    trains = bool(named.intersection(_TRAINING)) or any(s.kind == "training" for s, _, _ in first.values())
    for sign, number, row in first.values():
        if place == "program" and not sign.sure and sign.kind in _TRAINING and not trains:
            continue  # whoever only runs a model loads its weights too
        fits = not named or sign.kind in named or (sign.kind in _TRAINING and trains)
        points = _ENOUGH if sign.sure and fits else 1
        yield Sighting(sign=sign, path=document.path, points=points, line=number, text=row)


def _spoken(line: str, place: str) -> str:
    """The line as far as it does something: without comments; a notebook's without the marks of its JSON."""
    row = line.strip().removeprefix('"').strip()
    if place in ("program", "script") and row.startswith(("#", "//")):
        return ""
    return row


def _is_idle(document: Document, rules: CodeRules) -> bool:
    """Whether a program does nothing: comments, "coming soon", imports."""
    if place_of(document.path, rules) not in ("program", "script") or document.path.endswith(".ipynb"):
        return False
    return all(_IDLE.fullmatch(line[:_LONGEST_LINE]) for line in document.text.splitlines()[:_MAX_LINES])


# ---------------------------------------------------------------- deciding


def _decided(sightings: Sequence[Sighting]) -> Iterator[tuple[CodeKind, list[Sighting]]]:
    """Each kind that there are enough signs of, with its sightings. A README alone is none: it may speak of others."""
    grouped: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        grouped.setdefault(sighting.sign.kind, []).append(sighting)
    general = grouped.pop("training", [])
    trained = _trained(grouped, general)
    for kind in CodeKind:
        own = grouped.get(kind.value, [])
        if kind.value in _TRAINING:
            if kind.value in trained:
                yield kind, own if any(s.points >= _ENOUGH for s in own) else [*own, *general]
        elif _points(own) >= _ENOUGH and _in_files(own):
            yield kind, own


def _trained(grouped: Mapping[str, list[Sighting]], general: Sequence[Sighting]) -> set[str]:
    """Which kinds of training there are; training of which nothing tells is told by the rest of the repository."""
    points = {kind: _points(grouped.get(kind, ())) for kind in ("pre-training", "fine-tuning")}
    found = {kind for kind in points if points[kind] >= _ENOUGH and _in_files(grouped[kind])}
    if any(s.points >= _ENOUGH for s in general):
        # beside a training script one hint is enough: settings of models by their sizes, a word on fine-tuning. Not
        # a word on pre-training: every README tells how its model came to be.
        if _has_size(grouped.get("pre-training", ())):
            found.add("pre-training")
        if found and points["fine-tuning"]:
            found.add("fine-tuning")
    if found or _points(general) < _ENOUGH or not _in_files(general):
        return found
    if points["pre-training"] != points["fine-tuning"]:
        return {max(points, key=lambda kind: points[kind])}
    return {"pre-training" if grouped.get("architecture") else "fine-tuning"}


def _has_size(sightings: Sequence[Sighting]) -> bool:
    return any(sighting.sign.id == "size-configuration" for sighting in sightings)


def _points(sightings: Sequence[Sighting]) -> int:
    best: dict[str, int] = {}
    for sighting in sightings:
        best[sighting.sign.id] = max(best.get(sighting.sign.id, 0), sighting.points)
    return sum(best.values())


def _in_files(sightings: Sequence[Sighting]) -> bool:
    return any(sighting.sign.place != "readme" for sighting in sightings)


def _evidence(kind: CodeKind, sightings: Sequence[Sighting], code: Snapshot) -> Iterator[Evidence]:
    """The best sightings, one for each file: lines before names, sure before unsure, files before the README."""
    ordered = sorted(
        sightings,
        key=lambda s: (s.sign.place == "readme", -s.points, s.line is None, s.path.count("/"), s.path),
    )
    shown: set[str] = set()
    for sighting in ordered:
        if sighting.path in shown or len(shown) >= _MAX_EVIDENCE:
            continue
        shown.add(sighting.path)
        yield Evidence(
            topic=f"code.found.{kind.value}",
            value=sighting.path,
            where=where_in(code, sighting.path, sighting.line),
            quote=quote(sighting.text),
            method="file name" if sighting.line is None else "file contents",
            confidence=round(
                (0.5 if sighting.points < _ENOUGH else 0.7) + (0.2 if sighting.line is not None else 0), 1
            ),
            detail={"sign": sighting.sign.id},
        )


def where_in(code: Snapshot, path: str, line: int | None = None) -> Where:
    """A place in the repository, with its address on the code host where it has one."""
    url = f"{code.url}/blob/{code.revision or 'HEAD'}/{quoted(path)}" if code.url else None
    if url and line is not None:
        url += f"#L{line}"
    return Where(path=path, lines=None if line is None else (line, line), url=url)
