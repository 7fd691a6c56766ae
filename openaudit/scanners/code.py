"""What kind of code a linked repository holds, under which license, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openaudit.licenses.catalog import Catalog
from openaudit.licenses.clause_rules import ClauseRules, load_clause_rules
from openaudit.scanners.code_kinds import is_code, kinds_of, place_of, sightings_of
from openaudit.scanners.code_license import code_license, license_paths, package_path
from openaudit.scanners.code_owner import owner_of
from openaudit.scanners.code_rules import CodeRules, load_code_rules
from openaudit.scanners.scene import card_paths
from openaudit.vocabulary import CodeRepository, FileEntry, Grant, Reach, Snapshot, Status, Wanted, Where

README_BYTES = 300_000
LICENSE_BYTES = 300_000
PROGRAM_BYTES = 120_000
MOST_TEXTS = 9
_LARGEST_ENTRY = 400_000
_ENTRIES = (
    "training",
    "training",
    "pre-training",
    "fine-tuning",
    "data-preparation",
    "evaluation",
    "inference",
)
"""The kinds of which an entry point is read, the most telling first: whether a training script starts from given
weights stands in the script."""

_STATUS = {
    Grant.OPEN: Status.OPEN,
    Grant.RESTRICTED: Status.RESTRICTED,
    Grant.RESEARCH_ONLY: Status.RESTRICTED,
    Grant.UNLICENSED: Status.UNLICENSED,
    Grant.UNDETERMINED: Status.UNKNOWN,
}


def wanted_code(files: Sequence[FileEntry], rules: CodeRules | None = None) -> tuple[Wanted, ...]:
    """The few texts to read of a code repository: README, licenses, and the entry points that tell what it is for."""
    rules = rules or load_code_rules()
    licenses = license_paths(files)
    package = None if licenses else package_path(files)
    texts = [
        *(Wanted(path=path, max_bytes=README_BYTES) for path in card_paths(f.path for f in files)[:1]),
        *(Wanted(path=path, max_bytes=LICENSE_BYTES) for path in licenses),
        *(Wanted(path=path, max_bytes=PROGRAM_BYTES) for path in (package,) if path is not None),
    ]
    room = MOST_TEXTS - len(texts)
    chosen = list(_entry_points(tuple(files), rules))[:room]
    return (*texts, *(Wanted(path=path, max_bytes=PROGRAM_BYTES) for path in chosen))


def _entry_points(files: tuple[FileEntry, ...], rules: CodeRules) -> Iterator[str]:
    """The files to look into: of each kind the shallowest that is surely named for it, else any program near the
    root."""
    sizes = {file.path: file.size_bytes for file in files}
    seen: set[str] = set()
    sightings = [
        s
        for s in sightings_of(files, rules)
        if (sizes.get(s.path) or 0) <= _LARGEST_ENTRY and place_of(s.path, rules)
    ]
    for kind in _ENTRIES:
        named = [s for s in sightings if s.sign.kind == kind and s.path not in seen]
        named.sort(
            key=lambda s: (-s.points, place_of(s.path, rules) == "settings", s.path.count("/"), s.path)
        )
        if named:
            seen.add(named[0].path)
            yield named[0].path
    yield from (
        file.path
        for file in sorted(files, key=lambda f: (f.path.count("/"), f.path.lower() != "main.py", f.path))[
            :400
        ]
        if file.path not in seen and _is_entry(file, rules)
    )


def _is_entry(file: FileEntry, rules: CodeRules) -> bool:
    return (
        is_code(file, rules)
        and (file.size_bytes or 0) <= _LARGEST_ENTRY
        and place_of(file.path, rules) != ""
        and not rules.ignored.search(file.path)
    )


def scan_code(
    code: Snapshot,
    model: Snapshot,
    where: Where,
    catalog: Catalog,
    rules: CodeRules | None = None,
    clauses: ClauseRules | None = None,
) -> CodeRepository:
    """What a repository that `model` links at `where` holds: `absent` where there is a link and no code, `unknown`
    where too little of it could be seen."""
    rules = rules or load_code_rules()
    found = kinds_of(code, rules)
    license_ = code_license(code, catalog, lambda: clauses or load_clause_rules())
    status, why = _status(code, has_code=found.has_code, grant=license_.grant), license_.why
    if status is Status.ABSENT:
        why = "it is empty" if not code.files else "it holds no code: only texts, pictures or settings"
    elif status is Status.UNKNOWN and not found.has_code:
        why = "the list of its files is not complete, and no code was seen in it"
    return CodeRepository(
        id=code.id,
        where=where,
        status=status,
        kinds=found.kinds,
        owner=owner_of(code, model, rules),
        license=license_.id,
        license_name=license_.name,
        grant=license_.grant,
        evidence=(*found.evidence, *license_.evidence),
        reach=Reach.READ,
        url=code.url,
        revision=code.revision,
        why=why,
    )


def _status(code: Snapshot, *, has_code: bool, grant: Grant) -> Status:
    if has_code:
        return _STATUS[grant]
    return Status.ABSENT if code.listing_complete else Status.UNKNOWN
