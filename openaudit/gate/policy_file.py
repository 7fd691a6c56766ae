"""Policy files: found, read, checked word by word, and turned into a policy."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from openaudit.errors import OpenAuditError, PolicyError, TargetError
from openaudit.gate.license_lists import LicenseWords
from openaudit.gate.policy import (
    Condition,
    Demands,
    DeniedTerm,
    LicenseLists,
    Listed,
    Override,
    Pick,
    PlacedWaiver,
    Policy,
    Use,
    by_id,
)
from openaudit.gate.result import Waiver
from openaudit.gate.rule_names import groups, rule_names
from openaudit.gate.shape import Keys, check_shape, nearest, schema
from openaudit.gate.words import Words, load_words
from openaudit.licenses.catalog import Catalog
from openaudit.rule_files import rule_files
from openaudit.vocabulary import TargetKind

FILE_NAME = "openaudit.yaml"
_NAMES = (FILE_NAME, "openaudit.yml")
_PYPROJECT = "pyproject.toml"
_MOST_BYTES = 1_000_000
_MOST_PARENTS = 64
_VERSION = 1
_DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A policy as written: how messages call its file, the text, the mapping in it, and where a key path's line is."""

    name: str
    text: str
    value: Mapping[str, Any]
    line_of: Callable[[str, Keys], int | None]

    def wrong(self, message: str, keys: Keys = (), hint: str = "") -> PolicyError:
        """The error for a fault under `keys`, ready to raise."""
        path = ""
        for key in keys:
            path += f"[{key}]" if isinstance(key, int) else (f".{key}" if path else key)
        return PolicyError(
            message, file=self.name, line=self.line_of(self.text, keys), key_path=path, hint=hint
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What turning words into a policy needs."""

    text: _Text
    catalog: LicenseWords
    words: Words


# ---------------------------------------------------------------- finding


def find_policy(folder: Path) -> Path | None:
    """The policy that holds for `folder`: its own, or that of the nearest parent up to the repository's root (`.git`).
    Outside of a repository no parent is looked at."""
    folder = folder.absolute()
    folders = [folder, *folder.parents][:_MOST_PARENTS]
    top = next((n for n, each in enumerate(folders) if (each / ".git").exists()), 0)
    for each in folders[: top + 1]:
        for name in _NAMES:
            if (each / name).is_file():
                return each / name
        if (each / _PYPROJECT).is_file() and _has_a_table(each / _PYPROJECT):
            return each / _PYPROJECT
    return None


def _has_a_table(path: Path) -> bool:
    """Whether pyproject.toml has a [tool.openaudit]. One that cannot be read and speaks of it counts: it has to be
    looked at, not passed over."""
    try:
        text = _read(path, path.name)
    except PolicyError:
        return False
    try:
        tool = tomllib.loads(text).get("tool")
    except (tomllib.TOMLDecodeError, RecursionError):
        return "tool.openaudit" in text
    return isinstance(tool, dict) and "openaudit" in tool


def ready_policies(extra: Sequence[Path] = ()) -> dict[str, str]:
    """The names of the ready policies, each with what it is for."""
    return {file.path.stem: str(file.value.get("about", "")) for file in rule_files("policies", extra)}


# ---------------------------------------------------------------- loading


def load_policy(named: str | None, root: Path, catalog: Catalog, extra: Sequence[Path] = ()) -> Policy:
    """The policy `named` (a file, or the name of a ready policy); without a name the one that is found from `root`
    upwards, else the ready policy `default`.

    Raises:
        PolicyError: it cannot be read or says something that is no policy; names file, line, key path and, where
            there is one, the nearest right spelling.
    """
    if named is None:
        path = find_policy(root)
        if path is None:
            return _read_ready(_DEFAULT, root, catalog, extra)
        return _read_file(path, root, catalog, extra)
    if Path(named).is_file():
        return _read_file(Path(named), root, catalog, extra)
    if "/" not in named and named in ready_policies(extra):
        return _read_ready(named, root, catalog, extra)
    hint = nearest(named, list(ready_policies(extra))) if "/" not in named else "Check the path."
    raise PolicyError(
        "there is no such policy file, and no ready policy of that name.", file=named, hint=hint
    )


def _read_ready(name: str, root: Path, catalog: Catalog, extra: Sequence[Path]) -> Policy:
    policy = _policy(_ready_text(name, extra), catalog, extra, depth=0)
    note = f"No policy was found from {root.name or root} upwards; the ready policy '{name}' holds."
    return policy if name != _DEFAULT else replace(policy, notes=(*policy.notes, note))


def _ready_text(name: str, extra: Sequence[Path]) -> _Text:
    from openaudit.yaml_text import line_of

    file = next(file for file in rule_files("policies", extra) if file.path.stem == name)
    return _Text(
        name=file.name, text=file.text, value=file.value, line_of=lambda text, keys: line_of(text, keys)
    )


def _read_file(path: Path, root: Path, catalog: Catalog, extra: Sequence[Path]) -> Policy:
    name = _shown(path, root)
    text = _toml(path, name) if path.suffix == ".toml" else _yaml(path, name)
    return _policy(text, catalog, extra, depth=0)


def _shown(path: Path, root: Path) -> str:
    """How a file is called: below the checked folder, else above it by its name, else as the user wrote it."""
    absolute, top = path.absolute(), root.absolute()
    if absolute.is_relative_to(top):
        return absolute.relative_to(top).as_posix()
    if top.is_relative_to(absolute.parent):  # found above: a place that a reader below can follow
        return Path(os.path.relpath(absolute, top)).as_posix()
    return path.name if path.is_absolute() else path.as_posix()


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise PolicyError("is longer than a policy can be.", file=name)
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"cannot be read: {error}", file=name) from error


def _yaml(path: Path, name: str) -> _Text:
    from openaudit.yaml_text import YamlProblem, line_of, parse

    text = _read(path, name)
    try:
        value = parse(text)
    except YamlProblem as problem:
        raise PolicyError(f"this is no YAML: {problem.message}.", file=name, line=problem.line) from problem
    if not isinstance(value, dict):
        raise PolicyError("a mapping is expected.", file=name, line=1, hint="Begin with `version: 1`.")
    return _Text(name=name, text=text, value=value, line_of=lambda text, keys: line_of(text, keys))


def _toml(path: Path, name: str) -> _Text:
    from openaudit.gate.toml_lines import toml_line_of

    text = _read(path, name)
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise PolicyError(
            f"this is no TOML: {error}.", file=name, line=int(line[1]) if line else None
        ) from error
    above: tuple[str, ...] = ()
    inner: object = value
    if path.name == _PYPROJECT:
        above = ("tool", "openaudit")
        tool = value.get("tool")
        inner = tool.get("openaudit") if isinstance(tool, dict) else None
    if not isinstance(inner, dict):
        raise PolicyError("there is no table [tool.openaudit].", file=name)
    return _Text(
        name=name, text=text, value=inner, line_of=lambda text, keys: toml_line_of(text, (*above, *keys))
    )


# ---------------------------------------------------------------- from words to a policy


def _policy(text: _Text, catalog: Catalog, extra: Sequence[Path], depth: int) -> Policy:
    _check_version(text)
    check_shape(text.value, schema("policy-1.json"), text.wrong)
    base = _base(text, catalog, extra, depth)
    reading = _Reading(text=text, catalog=LicenseWords(catalog), words=load_words(tuple(extra)))
    inner = text.value.get("policy", {})
    changes = _changes(inner, ("policy",), reading)
    if "use" in text.value:
        changes["use"] = _use(text.value["use"], ("use",), reading, base.demands.use)
    demands = _built_on(base.demands, changes)
    _check_contradictions(demands.licenses, inner, ("policy", "licenses"), text)
    overrides = tuple(
        _override(value, ("policy", "overrides", number), reading, demands)
        for number, value in enumerate(inner.get("overrides", ()))
    )
    policy = Policy(
        name=text.name,
        about=text.value.get("about", base.about),
        models=tuple(_listed(text)),
        ignore=(*base.ignore, *text.value.get("ignore", ())),
        ignore_models=(*base.ignore_models, *text.value.get("ignore_models", ())),
        demands=demands,
        overrides=(*base.overrides, *overrides),
        waivers=tuple(_waivers(text)),
    )
    _check_rule_names(policy, text)
    return policy


def _check_version(text: _Text) -> None:
    """Before anything else: a file of another version may have keys that this one does not know."""
    version = text.value.get("version")
    if version is None and "version" not in text.value:
        raise text.wrong("the key 'version' is missing.", (), "Write `version: 1`.")
    if not isinstance(version, int) or isinstance(version, bool):
        raise text.wrong(f"a whole number is expected, not {version!r}.", ("version",), "Write `version: 1`.")
    if version < _VERSION:
        raise text.wrong(
            f"version {version} of the policy format is no longer read.", ("version",), "Write `version: 1`."
        )
    if version > _VERSION:
        raise text.wrong(
            f"version {version} of the policy format is newer than this openaudit, which reads version 1.",
            ("version",),
            "Did you mean '1'? Else install a newer openaudit.",
        )


def _base(text: _Text, catalog: Catalog, extra: Sequence[Path], depth: int) -> Policy:
    """The ready policy that this one extends; an empty one where it extends none."""
    name = text.value.get("extends")
    if name is None:
        return Policy(name="")
    known = ready_policies(extra)
    if name not in known:
        raise text.wrong(f"there is no ready policy '{name}'.", ("extends",), nearest(name, list(known)))
    if depth >= 4:
        raise text.wrong("policies extend one another without end.", ("extends",))
    return _policy(_ready_text(name, extra), catalog, extra, depth + 1)


def _built_on(base: Demands, changes: dict[str, Any]) -> Demands:
    """What forbids adds up, so that extending a policy never loosens it unseen; what allows is replaced."""
    if "licenses" in changes:
        mine: LicenseLists = changes["licenses"]
        changes["licenses"] = LicenseLists(
            allow=base.licenses.allow if mine.allow is None else mine.allow,
            deny=(*base.licenses.deny, *mine.deny),
            review=(*base.licenses.review, *mine.review),
        )
    if "deny_terms" in changes:
        changes["deny_terms"] = tuple(dict.fromkeys((*base.deny_terms, *changes["deny_terms"])))
    if "require" in changes:
        changes["require"] = base.require | changes["require"]
    return base.with_changes(changes)


def _changes(value: Mapping[str, Any], keys: Keys, reading: _Reading) -> dict[str, Any]:
    """The demands that a mapping writes, by the field of `Demands`."""
    made: dict[str, Any] = {}
    for key in ("minimum_level", "severities"):
        if key in value:
            made[key] = value[key]
    if "licenses" in value:
        made["licenses"] = _license_lists(value["licenses"], (*keys, "licenses"), reading)
    if "deny_terms" in value:
        made["deny_terms"] = tuple(
            _denied(term, (*keys, "deny_terms", n), reading) for n, term in enumerate(value["deny_terms"])
        )
    if "require" in value:
        made["require"] = frozenset(fact for fact in value["require"] if isinstance(fact, str))
        shares = [fact["coverage"] for fact in value["require"] if isinstance(fact, dict)]
        if shares:
            made["coverage"] = float(max(shares))
    if "conditions" in value:
        made["conditions"] = _conditions(value["conditions"], (*keys, "conditions"), reading.text)
    return made


def _override(value: Mapping[str, Any], keys: Keys, reading: _Reading, general: Demands) -> Override:
    if "models" not in value and "paths" not in value:
        raise reading.text.wrong(
            "it says neither which models nor which paths.", keys, "Add `models` or `paths`."
        )
    changes = _changes(value, keys, reading)
    if "use" in value:
        changes["use"] = _use(value["use"], (*keys, "use"), reading, general.use)
    if "licenses" in changes:
        _check_contradictions(changes["licenses"], value, (*keys, "licenses"), reading.text)
    return Override(
        models=tuple(value.get("models", ())), paths=tuple(value.get("paths", ())), changes=changes
    )


def _use(value: Mapping[str, Any], keys: Keys, reading: _Reading, base: Use | None) -> Use:
    """The use declared, over that of the policy that is extended."""
    base = base or Use()
    kind = value.get("kind", sorted(base.kinds))
    sector = value.get("sector", base.sector)
    words = reading.words
    if sector and sector not in words.sectors:
        hint = nearest(sector, list(words.sectors), all_when_few=40)
        raise reading.text.wrong(f"'{sector}' is no sector.", (*keys, "sector"), hint)
    usual = sector not in words.not_commercial if "sector" in value else base.commercial
    regions = base.regions
    if "regions" in value:
        regions = _regions(value["regions"], (*keys, "regions"), reading)
    return Use(
        kinds=frozenset([kind] if isinstance(kind, str) else kind),
        commercial=value.get("commercial", usual),
        monthly_users=value.get("monthly_users", base.monthly_users),
        annual_revenue_usd=value.get("annual_revenue_usd", base.annual_revenue_usd),
        regions=regions,
        sector=sector,
    )


def _regions(values: Sequence[str], keys: Keys, reading: _Reading) -> frozenset[str]:
    words = reading.words
    known = [
        *words.short,
        *words.regions,
        *sorted({code for codes in words.regions.values() for code in codes}),
    ]
    for number, region in enumerate(values):
        if words.codes(region) is None:
            hint = nearest(region, known) or "Write an ISO 3166 code of two letters, such as DE."
            raise reading.text.wrong(f"'{region}' is no region.", (*keys, number), hint)
    return words.all_codes(values)


def _denied(value: Any, keys: Keys, reading: _Reading) -> DeniedTerm:
    if isinstance(value, str):
        return DeniedTerm(term=value)
    term, mine = next(iter(value.items()))
    if term == "territory":
        return DeniedTerm(term=term, regions=_regions(mine, (*keys, term), reading))
    return DeniedTerm(term=term, figure=mine)


def _license_lists(value: Mapping[str, Sequence[str]], keys: Keys, reading: _Reading) -> LicenseLists:
    def picks(name: str) -> tuple[Pick, ...]:
        return tuple(
            _pick(written, (*keys, name, number), reading)
            for number, written in enumerate(value.get(name, ()))
        )

    return LicenseLists(
        allow=picks("allow") if "allow" in value else None, deny=picks("deny"), review=picks("review")
    )


def _pick(written: str, keys: Keys, reading: _Reading) -> Pick:
    ids = reading.catalog.ids(written)
    if ids is None:
        hint = nearest(written, reading.catalog.known, all_when_few=0)
        raise reading.text.wrong(
            f"'{written}' is no license id, family or category that is known.", keys, hint
        )
    return Pick(written=written, ids=ids)


def _check_contradictions(lists: LicenseLists, value: Mapping[str, Any], keys: Keys, text: _Text) -> None:
    """Raises: PolicyError where one entry is allowed and denied, or denied and to be reviewed, under any spelling."""
    by_name = {"allow": lists.allow or (), "deny": lists.deny, "review": lists.review}
    for first, second in (("deny", "allow"), ("review", "allow"), ("review", "deny")):
        for pick in by_name[first]:
            twin = next((other for other in by_name[second] if other.ids == pick.ids), None)
            if twin is None or not pick.ids:
                continue
            written = list(value.get("licenses", {}).get(second, ()))
            place = (second, written.index(twin.written)) if twin.written in written else ()
            raise text.wrong(
                f"'{twin.written}' is in `{second}`, and '{pick.written}', which means the same, is in `{first}`.",
                (*keys, *place),
                "Keep one of the two.",
            )


def _conditions(values: Sequence[Mapping[str, Any]], keys: Keys, text: _Text) -> tuple[Condition, ...]:
    from openaudit.gate.conditions import fault_in

    made: list[Condition] = []
    for number, value in enumerate(values):
        if value["id"] in {condition.id for condition in made}:
            raise text.wrong(f"the id '{value['id']}' is there twice.", (*keys, number, "id"))
        if (fault := fault_in(value["when"])) is not None:
            raise text.wrong(fault.message, (*keys, number, "when"), fault.hint)
        made.append(
            Condition(
                id=value["id"],
                when=value["when"],
                message=value["message"],
                severity=value.get("severity", "error"),
            )
        )
    return by_id((), made)


def _listed(text: _Text) -> list[Listed]:
    listed: list[Listed] = []
    for number, target in enumerate(text.value.get("models", ())):
        try:
            kind = _kind_of(target)
        except OpenAuditError as error:
            raise text.wrong(error.message, ("models", number), error.hint) from error
        line = text.line_of(text.text, ("models", number)) or 1
        listed.append(Listed(target=target, kind=kind, line=line))
    return listed


def _kind_of(target: str) -> Literal["model", "dataset", "file", "ollama"]:
    """What a listed target is; whether a file is there is asked when it is read. Raises: TargetError."""
    from openaudit.sources.targets import WEIGHT_SUFFIXES, parse_hub_name, parse_target

    if (
        target.startswith(("./", "../"))
        or target.endswith("/")
        or Path(target).suffix.lower() in WEIGHT_SUFFIXES
    ):
        return "file"
    if target.startswith("ollama:"):
        parse_target(target)
        return "ollama"
    if "://" in target:
        raise TargetError(
            f"'{target[:80]}' is an address.", hint="Write the name: org/name, datasets/org/name."
        )
    return "dataset" if parse_hub_name(target).kind is TargetKind.DATASET else "model"


def _waivers(text: _Text) -> list[PlacedWaiver]:
    made: list[PlacedWaiver] = []
    for number, value in enumerate(text.value.get("waivers", ())):
        keys: Keys = ("waivers", number)
        try:
            date.fromisoformat(value["expires"])
        except ValueError as error:
            hint = "Write year, month and day, as 2027-01-31."
            raise text.wrong(
                f"'{value['expires']}' is no date: {error}.", (*keys, "expires"), hint
            ) from error
        made.append(PlacedWaiver(waiver=Waiver(**value), line=text.line_of(text.text, keys) or 1))
    return made


def _check_rule_names(policy: Policy, text: _Text) -> None:
    """Raises: PolicyError for a rule in severities or waivers that no check has."""
    conditions = [*policy.demands.conditions]
    for override in policy.overrides:
        conditions.extend(override.changes.get("conditions", ()))
    known = rule_names(condition.id for condition in conditions)
    places: list[tuple[Keys, Mapping[str, Any]]] = [(("policy",), text.value.get("policy", {}))]
    for number, value in enumerate(text.value.get("policy", {}).get("overrides", ())):
        places.append((("policy", "overrides", number), value))
    for keys, value in places:
        for rule in value.get("severities", {}):
            if rule not in known and rule not in groups():
                hint = nearest(rule, [*known, *groups()])
                raise text.wrong(f"there is no rule '{rule}'.", (*keys, "severities", rule), hint)
    for number, waiver in enumerate(text.value.get("waivers", ())):
        if waiver["rule"] not in known:
            hint = nearest(waiver["rule"], known)
            raise text.wrong(f"there is no rule '{waiver['rule']}'.", ("waivers", number, "rule"), hint)
