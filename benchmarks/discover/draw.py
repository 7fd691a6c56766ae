"""Draw references of real packages at random, for checking by hand: `python -m benchmarks.discover.draw FOLDER --seed N`.

FOLDER holds one folder per package, unpacked from what `pip download --no-deps` fetched. At most `--per-package` of a
package go into the pool, so that one with a thousand dataset configurations does not fill the sample.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path

from openaudit.gate.discover import Reference, discover


def pool(references: tuple[Reference, ...], per_package: int, chance: random.Random) -> list[Reference]:
    """The references that can be drawn, a bounded number per package."""
    packages: dict[str, list[Reference]] = defaultdict(list)
    for reference in references:
        packages[reference.path.split("/")[0]].append(reference)
    return [
        reference
        for name in sorted(packages)
        for reference in chance.sample(packages[name], min(per_package, len(packages[name])))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--per-package", type=int, default=25)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    found = discover(arguments.folder)
    candidates = pool(found.references, arguments.per_package, chance)
    drawn = chance.sample(candidates, min(arguments.number, len(candidates)))
    print(
        f"# {len(found.references)} references, {len(candidates)} in the pool, {len(drawn)} drawn, seed {arguments.seed}"
    )
    for each in sorted(drawn, key=lambda reference: (reference.path, reference.line, reference.column)):
        mark = " guessed" if each.guessed else ""
        print(
            f"{each.path}:{each.line} [{each.how}] {each.target} {each.revision or ''}{mark}\n    {each.quote[:160]}"
        )


if __name__ == "__main__":
    main()
