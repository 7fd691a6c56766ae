"""`openaudit.lock`: what was judged of each model when it was adopted, one block a model, in order of name."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openaudit.errors import PolicyError
from openaudit.gate.facts import Bound, Dataset, Facts, Kin, plain
from openaudit.gate.shape import Keys, check_shape, schema

LOCK_NAME = "openaudit.lock"
_MOST_BYTES = 20_000_000
_MOST_PARENTS = 64
_HEAD = """\
# What was judged of each model when it was adopted. Written by `openaudit lock`: commit it, do not edit it.
# After a merge conflict take both sides' blocks and run `openaudit lock` again.
version: 1
models:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """One block: the facts of one target, and the version of the rules that judged them."""

    target: str
    facts: Facts
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock file; `path` is where it is, or where it would be."""

    path: Path
    blocks: Mapping[str, Locked] = field(default_factory=dict)

    def of(self, target: str) -> Locked | None:
        """The block of a target as the code writes it."""
        return self.blocks.get(target)


def find_lock(folder: Path) -> Path | None:
    """The lock file that holds for `folder`: its own, or that of the nearest parent up to the repository's root."""
    folder = folder.absolute()
    folders = [folder, *folder.parents][:_MOST_PARENTS]
    top = next((n for n, each in enumerate(folders) if (each / ".git").exists()), 0)
    return next((each / LOCK_NAME for each in folders[: top + 1] if (each / LOCK_NAME).is_file()), None)


def read_lock(path: Path) -> Lock:
    """The lock file at `path`.

    Raises:
        PolicyError: it is damaged (a merge conflict, an edit by hand); names file, line and key path.
    """
    from openaudit.yaml_text import YamlProblem, line_of, parse

    hint = "Run `openaudit lock` to write it anew."
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"cannot be read: {error}", file=path.name) from error
    if len(text) > _MOST_BYTES:
        raise PolicyError("is longer than a lock file can be.", file=path.name)

    def wrong(message: str, keys: Keys, more: str) -> PolicyError:
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
        return PolicyError(
            message, file=path.name, line=line_of(text, keys), key_path=where, hint=more or hint
        )

    if (conflict := _conflict(text)) is not None:
        raise PolicyError("there is a merge conflict in it.", file=path.name, line=conflict, hint=hint)
    try:
        value = parse(text)
    except YamlProblem as problem:
        raise PolicyError(problem.message, file=path.name, line=problem.line, hint=hint) from problem
    if isinstance(value, dict) and value.get("models") is None:
        value = {**value, "models": []}
    check_shape(value, schema("lock-1.json"), wrong)
    blocks: dict[str, Locked] = {}
    for number, row in enumerate(value["models"]):
        block = _block(row)
        if block.target in blocks:
            raise wrong(f"the target '{block.target}' is there twice.", ("models", number, "target"), "")
        if block.facts.digest != row["evidence"]:
            raise wrong("the block was edited: its digest is another.", ("models", number, "evidence"), "")
        blocks[block.target] = block
    return Lock(path=path, blocks=blocks)


def write_lock(path: Path, blocks: Iterable[Locked]) -> bool:
    """Write the blocks in order of target; whether the file changed. The same blocks give the same bytes.

    Raises: OSError.
    """
    data = lock_text(blocks).encode()
    if path.is_file() and path.read_bytes() == data:
        return False
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return True


def lock_text(blocks: Iterable[Locked]) -> str:
    """The text of a lock file."""
    from openaudit.yaml_text import dump

    parts = []
    for block in sorted(blocks, key=lambda block: block.target):
        lines = dump(_row(block)).splitlines()
        parts.append("\n".join(f"{'- ' if n == 0 else '  '}{line}" for n, line in enumerate(lines)))
    return _HEAD + "\n\n".join(parts) + ("\n" if parts else "")


def _conflict(text: str) -> int | None:
    return next(
        (n for n, row in enumerate(text.splitlines(), 1) if row.startswith(("<<<<<<<", ">>>>>>>"))), None
    )


def _row(block: Locked) -> dict[str, Any]:
    """A block as it is written: what is empty or not known is left out."""
    facts = plain(block.facts)
    row: dict[str, Any] = {"target": block.target, "revision": facts.pop("revision")}
    row |= {key: facts.pop(key) for key in ("level", "grant", "license", "license_name", "gated")}
    row |= {"bounds": facts.pop("bounds"), "texts": facts.pop("texts")}
    row |= {**facts, "evidence": block.facts.digest, "rules": block.rules}
    kept: dict[str, Any] = _without_empty(row)
    return kept


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_empty(item)
            for key, item in value.items()
            if item is not None and item not in ("", [], {})
        }
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value


def _block(row: Mapping[str, Any]) -> Locked:
    bounds = tuple(
        Bound(who=b.get("who", ""), license=b.get("license"), terms=tuple(b.get("terms", ())))
        for b in row.get("bounds", ())
    )
    datasets = row.get("datasets", ())
    lineage = row.get("lineage", ())
    facts = Facts(
        id=row["id"],
        subject=row["subject"],
        revision=row.get("revision"),
        level=row["level"],
        grant=row["grant"],
        license=row.get("license"),
        license_name=row.get("license_name"),
        bounds=bounds,
        gated=row.get("gated"),
        card=row["card"],
        coverage=float(row["coverage"]),
        weights=tuple(row.get("weights", ())),
        custom_code=row.get("custom_code", False),
        conflicts=tuple(row.get("conflicts", ())),
        multimodal=row.get("multimodal"),
        datasets=tuple(Dataset(id=d["id"], license=d.get("license"), status=d["status"]) for d in datasets),
        lineage=tuple(Kin(id=k["id"], license=k.get("license"), reach=k["reach"]) for k in lineage),
        texts=dict(row.get("texts", {})),
        statements=row["statements"],
    )
    return Locked(target=row["target"], facts=facts, rules=row["rules"])
