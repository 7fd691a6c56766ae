"""How the files of rules/licenses are read and checked, and the compiled form that makes them load fast."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from openaudit.errors import PolicyError
from openaudit.rule_files import RuleFile, read_rule_file, rule_files, rules_root
from openaudit.vocabulary import Grant

Entry = dict[str, Any]
"""One license as its file has it, checked; families carry `kind: family`."""

FOLDER = "licenses"
COMPILED = "compiled.json"

CATEGORIES = (
    "permissive",
    "weak-copyleft",
    "strong-copyleft",
    "public-domain",
    "behavioural",
    "community",
    "research-only",
    "non-commercial",
    "no-derivatives",
    "proprietary",
    "source-available",
    "policy",
    "unknown",
)
_ANSWERS = ("yes", "no", "conditional")
_GRANTS = tuple(grant.value for grant in Grant)
Check = Callable[[RuleFile, Any, tuple[str | int, ...]], None]


def _text(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
    if not isinstance(value, str) or not value.strip():
        raise file.wrong("a text is expected.", *keys)


def _flag(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
    if not isinstance(value, bool):
        raise file.wrong("true or false is expected.", *keys)


def _whole(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise file.wrong("a whole number is expected.", *keys)


def _texts(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
    if not isinstance(value, list):
        raise file.wrong("a list of texts is expected.", *keys)
    for index, item in enumerate(value):
        _text(file, item, (*keys, index))


def _one_of(*allowed: str) -> Check:
    def check(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
        if value not in allowed:
            raise file.wrong(f"'{value}' is none of {', '.join(allowed)}.", *keys)

    return check


def _mapping(required: Sequence[str], allowed: Mapping[str, Check]) -> Check:
    def check(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
        if not isinstance(value, dict):
            raise file.wrong("a mapping is expected.", *keys)
        for key, item in value.items():
            if key not in allowed:
                raise file.unknown_key(str(key), tuple(allowed), *keys)
            allowed[key](file, item, (*keys, key))
        for key in required:
            if key not in value:
                raise file.wrong(f"'{key}' is missing.", *keys)

    return check


def _list_of(item_check: Check) -> Check:
    def check(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
        if not isinstance(value, list):
            raise file.wrong("a list is expected.", *keys)
        for index, item in enumerate(value):
            item_check(file, item, (*keys, index))

    return check


_TERMS = _mapping(
    (),
    {
        "commercial_use": _one_of(*_ANSWERS),
        "commercial_condition": _text,
        "research_only": _flag,
        "by_approval": _flag,
        "modification": _one_of(*_ANSWERS),
        "modification_note": _text,
        "redistribution": _one_of(*_ANSWERS),
        "redistribution_note": _text,
        "distillation": _one_of(*_ANSWERS),
        "distillation_note": _text,
        "distillation_naming": _flag,
        "user_threshold": _mapping(
            ("monthly_active_users",), {"monthly_active_users": _whole, "effect": _text}
        ),
        "revenue_threshold": _mapping(
            ("usd",), {"usd": _whole, "per": _one_of("year", "month"), "effect": _text}
        ),
        "field_of_use": _text,
        "acceptable_use_policy": _flag,
        "territory_excluded": _texts,
        "territory_note": _text,
        "attribution": _text,
        "naming": _text,
        "share_alike": _one_of(*_ANSWERS),
        "share_alike_note": _text,
        "patent": _text,
        "patent_ends": _flag,
        "revocable": _flag,
        "unilateral_change": _flag,
        "termination": _text,
    },
)

_NAMES: dict[str, Check] = {
    "name": _text,
    "publisher": _text,
    "category": _one_of(*CATEGORIES),
    "grant": _one_of(*_GRANTS),
    "at_most": _one_of(*_GRANTS),
    "why": _text,
    "osi_approved": _flag,
    "fsf_free": _flag,
    "open_data": _flag,
    "hub_ids": _texts,
    "aliases": _texts,
    "titles": _texts,
    "links": _texts,
    "terms": _TERMS,
    "source": _text,
    "note": _text,
    "examples": _texts,
}

_LICENSE = _mapping(
    ("key", "id", "name", "category", "grant", "why"),
    {
        "key": _text,
        "id": _text,
        "kind": _one_of("license", "policy", "output-terms"),
        "also": _texts,
        "version": _text,
        "family": _text,
        "unlisted": _flag,
        "tags_only": _flag,
        "deprecated": _flag,
        **_NAMES,
    },
)
_FAMILY = _mapping(("family", "name"), {"family": _text, "members": _texts, **_NAMES})
_ROW_COLUMNS = ("id", "name", "category", "grant", "flags")


def _row(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
    """A row of the generated table: id, name, category, grant, and letters: o OSI, f FSF, d deprecated."""
    if not isinstance(value, list) or len(value) != len(_ROW_COLUMNS):
        raise file.wrong(f"a row has {len(_ROW_COLUMNS)} columns: {', '.join(_ROW_COLUMNS)}.", *keys)
    for index, item in enumerate(value):
        if not isinstance(item, str):
            raise file.wrong("a text is expected.", *keys, index)
    _one_of(*CATEGORIES)(file, value[2], (*keys, 2))
    _one_of(*_GRANTS)(file, value[3], (*keys, 3))


def _renames(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> None:
    """Ids that were replaced by others."""
    if not isinstance(value, dict):
        raise file.wrong("a mapping from old to new ids is expected.", *keys)
    for old, new in value.items():
        _text(file, old, keys)
        _text(file, new, (*keys, old))


_FILE = _mapping(
    (),
    {
        "about": _text,
        "sources": _texts,
        "licenses": _list_of(_LICENSE),
        "families": _list_of(_FAMILY),
        "rows": _list_of(_row),
        "renamed": _renames,
    },
)

_ROW_REASONS = {
    "open": "On the list of the Open Source Initiative or of the Free Software Foundation.",
    "research-only": "Its name forbids commercial use or derivatives.",
}
_DERIVED_REASONS = {
    "permissive": "ScanCode's LicenseDB counts it as permissive; it is on no approved list.",
    "public-domain": "ScanCode's LicenseDB counts it as a public domain dedication.",
    "weak-copyleft": "A copyleft license by ScanCode's LicenseDB; it is on no approved list.",
    "strong-copyleft": "A copyleft license by ScanCode's LicenseDB; it is on no approved list.",
}


def _from_row(row: Sequence[str]) -> Entry:
    id_, name, category, grant, flags = row
    listed = "o" in flags or "f" in flags
    entry: Entry = {"id": id_, "key": id_.lower(), "name": name, "category": category, "grant": grant}
    reason = _ROW_REASONS.get(grant, "Its terms were not read.")
    if grant == "open" and not listed:
        reason = _DERIVED_REASONS.get(category, reason)
        entry["unlisted"] = True
    entry["why"] = reason
    entry["osi_approved"] = "o" in flags
    entry["fsf_free"] = "f" in flags
    if "d" in flags:
        entry["deprecated"] = True
    return entry


def _family_entry(value: Mapping[str, Any]) -> Entry:
    key = f"{value['family']}-unknown-version"
    return {"id": f"LicenseRef-openaudit-{key}", "key": key, "kind": "family", **value}


def entries_of(file: RuleFile) -> Iterator[tuple[Entry, tuple[str | int, ...]]]:
    """The checked entries of one file, each with its key path.

    Raises:
        PolicyError: the file is wrong.
    """
    _FILE(file, file.value, ())
    for index, value in enumerate(file.value.get("licenses", ())):
        yield dict(value), ("licenses", index)
    for index, value in enumerate(file.value.get("families", ())):
        yield _family_entry(value), ("families", index)
    for index, value in enumerate(file.value.get("rows", ())):
        yield _from_row(value), ("rows", index)


def merge(files: Sequence[RuleFile]) -> list[Entry]:
    """The entries of some files. Curated entries win over rows, and files of a later folder over earlier ones.

    Raises:
        PolicyError: a file is wrong, or two of one folder speak of the same id, key or Hub id.
    """
    chosen: dict[str, tuple[int, Entry]] = {}
    seen: dict[tuple[str, str], tuple[Path, str]] = {}
    for file in files:
        for entry, keys in entries_of(file):
            rank = 0 if keys[0] == "rows" else 1
            if rank:
                _refuse_duplicates(file, entry, keys, seen)
            folded = entry["id"].casefold()
            if folded not in chosen or rank >= chosen[folded][0]:
                chosen[folded] = (rank, entry)
    entries = {folded: entry for folded, (_, entry) in chosen.items()}
    for file in files:
        for old, new in file.value.get("renamed", {}).items():
            if new.casefold() in entries and old.casefold() not in entries:
                entry = entries[new.casefold()]
                entries[new.casefold()] = {**entry, "also": [*entry.get("also", ()), old]}
    return list(entries.values())


def _refuse_duplicates(
    file: RuleFile,
    entry: Entry,
    keys: tuple[str | int, ...],
    seen: dict[tuple[str, str], tuple[Path, str]],
) -> None:
    marks = [("id", entry["id"]), *(("key", k) for k in (entry["key"], *entry.get("also", ())))]
    marks += [("Hub id", hub_id) for hub_id in entry.get("hub_ids", ())]
    for kind, value in marks:
        folder, name = seen.get((kind, value.casefold()), (None, ""))
        if folder == file.path.parent:
            raise file.wrong(f"the {kind} '{value}' is also in {name}.", *keys)
        seen[kind, value.casefold()] = (file.path.parent, file.name)


def files_digest(folder: Path) -> str:
    """The SHA-256 over names and bytes of the YAML files of a folder: what the compiled form was made of."""
    digest = sha256()
    for path in sorted(folder.glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def compiled_text() -> str:
    """The text of the compiled form of the shipped files.

    Raises:
        PolicyError: a file is wrong.
    """
    value = {
        "about": "Made by scripts/compile_rules.py from the YAML files beside it; never edited.",
        "digest": files_digest(rules_root() / FOLDER),
        "entries": merge(list(rule_files(FOLDER))),
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _compiled() -> list[Entry] | None:
    """The entries from the compiled form; None where it is missing, broken or older than the YAML files."""
    folder = rules_root() / FOLDER
    try:
        value = json.loads((folder / COMPILED).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(value, dict) or value.get("digest") != files_digest(folder):
        return None
    entries: list[Entry] = value["entries"]
    return entries


def read_entries(extra: Sequence[Path] = ()) -> list[Entry]:
    """The entries of the shipped rules and of the user's folders, whose entries win by id.

    Raises:
        PolicyError: a file is wrong.
    """
    ours = rules_root() / FOLDER
    own_files = {path.name for root in extra for path in (root / FOLDER).glob("*.yaml")}
    shipped = None if any((ours / name).exists() for name in own_files) else _compiled()
    if shipped is None:
        return merge(_in_order_of_folder(list(rule_files(FOLDER, extra)), extra))
    if not extra:
        return shipped
    theirs = merge(_files_of(extra))
    replaced = {entry["id"].casefold() for entry in theirs}
    return [entry for entry in shipped if entry["id"].casefold() not in replaced] + theirs


def _files_of(extra: Sequence[Path]) -> list[RuleFile]:
    """The user's own files; one of the same name in a later folder replaces the earlier one."""
    found: dict[str, RuleFile] = {}
    for root in extra:
        if not root.is_dir():
            raise PolicyError("no such folder of rules.", file=str(root))
        for path in sorted((root / FOLDER).glob("*.yaml")):
            found[path.name] = read_rule_file(path, root)
    return _in_order_of_folder(list(found.values()), extra)


def _in_order_of_folder(files: list[RuleFile], extra: Sequence[Path]) -> list[RuleFile]:
    """Ours first, then those of each user folder, so that later ones win."""
    order = {root / FOLDER: index for index, root in enumerate(extra, 1)}
    return sorted(files, key=lambda file: order.get(file.path.parent, 0))
