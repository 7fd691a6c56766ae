"""What an independent search finds and `discover` does not list: `python -m benchmarks.discover.misses FOLDER --seed N`.

The search knows nothing of syntax: every quoted `org/name` on a line of code that speaks of models, datasets or the Hub.
Most of what it finds is no reference (messages, documentation, paths), so the lines are drawn and read by hand.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

from openaudit.gate.discover import discover

_ID = re.compile(
    r"""["'`](?:hf://|https://huggingface\.co/)?(?:datasets/)?([A-Za-z0-9][\w.-]{1,40}/[A-Za-z0-9][\w.-]{2,90})["'`]"""
)
_SPEAKS = re.compile(
    r"model|tokeniz|pretrain|dataset|hub|repo_id|checkpoint|embed|hugging|hf_", re.IGNORECASE
)
_DOCUMENTATION = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""', re.DOTALL)
_LEFT_OUT = re.compile(r"docstring|\.(?:py|json|txt|md|html|bin|ya?ml|png|js|css)$")
_SUFFIXES = (".py", ".yaml", ".yml", ".toml", ".ipynb", ".sh", ".ts")
_TESTS = re.compile(r"(?:^|/)tests?/|(?:^|/)test_|_test\.py$")


def candidates(root: Path) -> list[tuple[str, int, str, str]]:
    """Path, line number, id and line of what the search finds and discover does not."""
    listed: dict[str, set[str]] = defaultdict(set)
    for reference in discover(root).references:
        listed[reference.path].add(reference.target.removeprefix("datasets/"))
    found = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if (
            path.suffix not in _SUFFIXES
            or _TESTS.search(name)
            or not path.is_file()
            or path.stat().st_size > 5_000_000
        ):
            continue
        text = _DOCUMENTATION.sub(
            lambda match: "\n" * match[0].count("\n"), path.read_text("utf-8", "replace")
        )
        for number, line in enumerate(text.split("\n"), 1):
            if line.lstrip().startswith("#") or not _SPEAKS.search(line) or len(line) > 3_000:
                continue
            for match in _ID.finditer(line):
                if match[1] not in listed[name] and not _LEFT_OUT.search(
                    line if "docstring" in line else match[1]
                ):
                    found.append((name, number, match[1], line.strip()[:140]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--number", type=int, default=100)
    arguments = parser.parse_args()
    found = candidates(arguments.folder)
    print(f"# {len(found)} lines:", dict(Counter(name.split("/")[0] for name, *_ in found).most_common(12)))
    drawn = random.Random(arguments.seed).sample(found, min(arguments.number, len(found)))
    for name, number, text, line in sorted(drawn):
        print(f"{name}:{number} {text}\n    {line}")


if __name__ == "__main__":
    main()
