"""Code repositories as GitHub holds them: a tree, the bytes at hand, and the names that lead to them.

Folder layout: `FOLDER/code/<owner>__<repo>/` with `tree.json` (`commit`, `files`, `total`), `repo.json`
(`repo`, `also_linked_as`, and `github`: any keys of the payload, such as `archived` or `license`), and files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .content import Content, git_blob_id
from .folders import files_at_hand, read_configuration

_TREE = "tree.json"
_NOT_FILES = frozenset({_TREE})
_LICENSE_NAME = re.compile(r"(?i)^(un)?(licen[sc]e|copying)([.\-].*)?$")
_README_NAME = re.compile(r"(?i)^readme(\.(md|rst|txt|markdown))?$")
MAX_LICENSE_BYTES = 200_000


@dataclass(frozen=True, kw_only=True)
class CodeRepository:
    """One repository: `sizes` is the whole tree (path to size, None for a submodule), `contents` what is at hand."""

    name: str
    sizes: Mapping[str, int | None]
    contents: Mapping[str, Content]
    known_commit: str | None = None
    is_truncated: bool = False
    also_linked_as: tuple[str, ...] = ()
    github: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """How tests and records name it."""
        return f"github/{self.name}"

    @cached_property
    def id(self) -> int:
        """GitHub's number for it, made of the name."""
        return int(hashlib.sha256(self.name.encode()).hexdigest()[:7], 16)

    @cached_property
    def commit(self) -> str:
        """The commit at the head of the default branch."""
        if self.known_commit is not None:
            return self.known_commit
        lines = "".join(f"{self.blob_id(path)} {path}\n" for path in sorted(self.sizes))
        return hashlib.sha1(lines.encode(), usedforsecurity=False).hexdigest()

    @property
    def default_branch(self) -> str:
        """The branch that is meant without a name."""
        return str(self.github.get("default_branch", "main"))

    def has_ref(self, ref: str) -> bool:
        """Whether a branch or commit of that name exists."""
        return ref in ("HEAD", self.default_branch, f"heads/{self.default_branch}", self.commit)

    def blob_id(self, path: str) -> str:
        """The git blob id; made of path and size where the bytes are not at hand."""
        content = self.contents.get(path)
        if content is None:
            return git_blob_id(f"{path}\0{self.sizes.get(path)}".encode())
        return git_blob_id(content.read(0, content.size_bytes))

    @cached_property
    def folders(self) -> Mapping[str, tuple[str, ...]]:
        """Every folder ("" is the root) with the full paths of its direct children."""
        children: dict[str, set[str]] = {"": set()}
        for path in self.sizes:
            parts = path.split("/")
            for depth in range(len(parts)):
                parent = "/".join(parts[:depth])
                children.setdefault(parent, set()).add("/".join(parts[: depth + 1]))
        return {folder: tuple(sorted(names)) for folder, names in children.items()}

    def root_file(self, kind: str) -> str | None:
        """The path of the `readme` or `license` in the root, the plainest name first."""
        rule = _README_NAME if kind == "readme" else _LICENSE_NAME
        names = [name for name in self.folders[""] if name in self.contents and rule.match(name)]
        return min(names, key=lambda name: (len(name), name), default=None)

    @cached_property
    def license(self) -> dict[str, Any] | None:
        """What GitHub recognises: the id of a common licence, NOASSERTION for another text, None without a file."""
        if "license" in self.github:
            given: dict[str, Any] | None = self.github["license"]
            return given
        path = self.root_file("license")
        if path is None:
            return None
        content = self.contents[path]
        text = content.read(0, min(content.size_bytes, MAX_LICENSE_BYTES)).decode("utf-8", "replace")
        words = " ".join(text.split()).lower()
        spdx_id = next((name for name, signs in _SIGNS if all(sign in words for sign in signs)), None)
        if spdx_id is None:
            return {"key": "other", "name": "Other", "spdx_id": "NOASSERTION", "url": None, "node_id": ""}
        return {"key": spdx_id.lower(), "name": spdx_id, "spdx_id": spdx_id, "url": None, "node_id": ""}


class CodeCatalog:
    """All code repositories, found by name in any case, by an old name, or by number."""

    def __init__(self) -> None:
        self._by_name: dict[str, CodeRepository] = {}
        self._old_names: dict[str, CodeRepository] = {}
        self._by_number: dict[int, CodeRepository] = {}

    def add(self, repository: CodeRepository) -> None:
        """Add it, or put it in the place of one with the same name."""
        self._by_name[repository.name.lower()] = repository
        self._by_number[repository.id] = repository
        for name in repository.also_linked_as:
            self._old_names[name.lower()] = repository

    def find(self, name: str) -> CodeRepository | None:
        """The repository of that name now."""
        return self._by_name.get(name.lower())

    def moved(self, name: str) -> CodeRepository | None:
        """The repository that once had that name."""
        return self._old_names.get(name.lower())

    def numbered(self, number: int) -> CodeRepository | None:
        """The repository of that number."""
        return self._by_number.get(number)


def load_code(folder: Path) -> Iterator[CodeRepository]:
    """Every code repository below `FOLDER/code`."""
    for path in sorted(folder.glob("code/*/")):
        config = read_configuration(path)
        tree_path = path / _TREE
        tree = json.loads(tree_path.read_bytes()) if tree_path.is_file() else {}
        entries = files_at_hand(path)
        contents = {
            name: entry.content
            for name, entry in entries.items()
            if name not in _NOT_FILES and entry.content is not None
        }
        sizes = {item["path"]: item.get("size") for item in tree.get("files", ())}
        sizes |= {name: content.size_bytes for name, content in contents.items()}
        yield CodeRepository(
            name=config.get("repo") or tree.get("repo") or path.name.replace("__", "/", 1),
            sizes=sizes,
            contents=contents,
            known_commit=tree.get("commit"),
            is_truncated=tree.get("total", len(sizes)) > len(tree.get("files", sizes)),
            also_linked_as=tuple(config.get("also_linked_as", ())),
            github=config.get("github") or {},
        )


# A few words that tell common licences apart; enough for a server that plays GitHub, no licence classifier.
_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Apache-2.0", ("apache license", "version 2.0", "terms and conditions for use, reproduction")),
    ("MIT", ("permission is hereby granted, free of charge", "to deal in the software without restriction")),
    ("AGPL-3.0", ("gnu affero general public license", "version 3")),
    ("LGPL-3.0", ("gnu lesser general public license", "version 3")),
    ("GPL-3.0", ("gnu general public license", "version 3")),
    ("GPL-2.0", ("gnu general public license", "version 2, june 1991")),
    ("MPL-2.0", ("mozilla public license version 2.0",)),
    ("BSD-3-Clause", ("redistribution and use in source and binary forms", "neither the name of")),
    ("BSD-2-Clause", ("redistribution and use in source and binary forms",)),
    ("CC-BY-NC-4.0", ("attribution-noncommercial 4.0 international",)),
    ("CC-BY-4.0", ("attribution 4.0 international",)),
)
