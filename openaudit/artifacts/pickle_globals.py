"""What is known of the names that a pickle would import: the table in pickle_globals.yaml, and how it is asked."""

import _compat_pickle
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Verdict = Literal["safe", "unsafe", "unknown"]

_TABLE = Path(__file__).with_name("pickle_globals.yaml")

# Modules that are reached as an attribute of any other module that imports them: `logging` `os.system`.
_REACHABLE = frozenset({
    "builtins", "__builtin__", "__builtins__", "ctypes", "importlib", "nt", "os", "pickle", "posix", "pty", "runpy",
    "shutil", "socket", "subprocess", "sys",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalEntry:
    """One entry of the table: names of a module ("*" for all and all below), who says so, and what they do."""

    module: str
    names: tuple[str, ...]
    sources: tuple[str, ...]
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalTable:
    """The lists of dangerous and of safe imports; what is on neither is unknown."""

    dangerous: tuple[GlobalEntry, ...]
    safe: tuple[GlobalEntry, ...]
    dangerous_modules: dict[str, GlobalEntry]
    dangerous_names: dict[str, GlobalEntry]
    safe_names: frozenset[tuple[str, str]]

    def judge(self, module: str, name: str) -> tuple[Verdict, str]:
        """Whether importing this name is safe, and why."""
        pairs = {(module, name), _python3_name(module, name)}
        for pair in sorted(pairs):
            if reason := self._danger(*pair):
                return "unsafe", reason
        if pairs & self.safe_names:
            return "safe", "rebuilds data only"
        return "unknown", "on no list of imports that only rebuild data"

    def _danger(self, module: str, name: str) -> str:
        parts = f"{module}.{name}".split(".")
        inner = name.split(".")
        if len(inner) > 1 and any(part.startswith("__") and part.endswith("__") for part in inner):
            return "reaches Python's internals through an attribute"
        for length in range(1, len(parts) + 1):
            prefix = ".".join(parts[:length])
            entry = self.dangerous_modules.get(prefix) or self.dangerous_names.get(prefix)
            if entry is not None:
                return f"{entry.does or 'can run code'} (listed by {', '.join(entry.sources)})"
        if reached := _REACHABLE.intersection(inner):
            return f"reaches the module {min(reached)} through another one"
        return ""


@cache
def global_table() -> GlobalTable:
    """The table that ships with the package, read once."""
    from openaudit import yaml_text  # here, so that only an audit that meets a pickle pays for PyYAML

    value = yaml_text.parse(_TABLE.read_text(encoding="utf-8"))
    dangerous, safe = _entries(value["dangerous"]), _entries(value["safe"])
    return GlobalTable(
        dangerous=dangerous,
        safe=safe,
        dangerous_modules={entry.module: entry for entry in dangerous if "*" in entry.names},
        dangerous_names={f"{entry.module}.{name}": entry for entry in dangerous for name in entry.names},
        safe_names=frozenset((entry.module, name) for entry in safe for name in entry.names),
    )


def _entries(rows: list[dict[str, object]]) -> tuple[GlobalEntry, ...]:
    return tuple(
        GlobalEntry(
            module=str(row["module"]),
            names=_words(row["names"]),
            sources=_words(row["sources"]),
            does=str(row.get("does", "")),
        )
        for row in rows
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _python3_name(module: str, name: str) -> tuple[str, str]:
    """The name that unpickling really imports: old pickles use Python 2's names."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        renamed: tuple[str, str] = _compat_pickle.NAME_MAPPING[(module, name)]
        return renamed
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name
