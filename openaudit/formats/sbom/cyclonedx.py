"""CycloneDX 1.6 and 1.7 as JSON: models with a model card, datasets as data, lineage as pedigree and dependencies.

Built by hand: the Python library of CycloneDX has no model card. Its schemas check the result in the tests.
Source: https://cyclonedx.org/docs/1.6/json/ and https://cyclonedx.org/docs/1.7/json/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cyclonedx.spdx import is_supported_id

from openaudit.formats.sbom.inventory import (
    EPOCH,
    Inventory,
    Link,
    Part,
    PartKind,
    Relation,
    take_inventory,
)
from openaudit.formats.sbom.licensing import NOASSERTION, NONE, CustomLicense, members
from openaudit.vocabulary import Failure, Report

Object = dict[str, Any]
_TYPES = {
    PartKind.MODEL: "machine-learning-model",
    PartKind.DATASET: "data",
    PartKind.CODE: "library",
    PartKind.UNKNOWN: "file",
}
_LINEAGE = (Relation.DESCENDS_FROM, Relation.CONVERTED_FROM, Relation.ADAPTS)


def render_1_6(outcomes: Sequence[Report | Failure]) -> str:
    """One CycloneDX 1.6 document of all targets: two spaces, a final newline."""
    return _written(_document(_bill(outcomes, "1.6")))


def render_1_7(outcomes: Sequence[Report | Failure]) -> str:
    """The same as CycloneDX 1.7, where the declared license stands beside the concluded one."""
    return _written(_document(_bill(outcomes, "1.7")))


def _written(document: Object) -> str:
    return json.dumps(document, ensure_ascii=True, indent=2) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """The inventory with what is looked up in it, and the version of the format."""

    inventory: Inventory
    version: str
    parts: Mapping[str, Part]
    links: Mapping[str, Sequence[Link]]
    customs: Mapping[str, CustomLicense]

    def related(self, part: Part, *relations: Relation) -> Iterator[tuple[Link, Part]]:
        """The known parts to which a part has some relation."""
        for link in self.links[part.key]:
            if link.relation in relations and link.target is not None:
                yield link, self.parts[link.target]


def _bill(outcomes: Sequence[Report | Failure], version: str) -> _Bill:
    inventory = take_inventory(outcomes)
    return _Bill(
        inventory=inventory,
        version=version,
        parts={part.key: part for part in inventory.parts},
        links=inventory.links_of(),
        customs={custom.id: custom for custom in inventory.licenses},
    )


def _document(bill: _Bill) -> Object:
    """A single target is what the document is about; several stand among the components, marked as targets."""
    inventory = bill.inventory
    described = inventory.described
    components = {part.key: _component(part, bill) for part in inventory.parts}
    subject = components.pop(described[0].key) if len(described) == 1 else None
    tool = {"type": "application", "name": "openaudit", "version": inventory.tool_version}
    metadata = _present(
        timestamp=None if inventory.created == EPOCH else inventory.created,
        tools={"components": [tool]},
        component=subject,
        properties=_properties([("openaudit:note", note) for note in inventory.notes]),
    )
    return {
        "bomFormat": "CycloneDX",
        "specVersion": bill.version,
        "serialNumber": f"urn:uuid:{inventory.identifier('cyclonedx-' + bill.version)}",
        "version": 1,
        "metadata": metadata,
        "components": list(components.values()),
        "dependencies": _dependencies(bill),
        "compositions": _compositions(inventory),
    }


def _present(**properties: Any) -> Object:
    """The properties that have a value: what is not known is left out."""
    return {name: value for name, value in properties.items() if value}


def _properties(pairs: Sequence[tuple[str, str]]) -> list[Object]:
    return [{"name": name, "value": value} for name, value in pairs]


# ---------------------------------------------------------------- components


def _component(part: Part, bill: _Bill) -> Object:
    group, _, name = part.name.rpartition("/") if part.account else ("", "", part.name)
    component: Object = {"type": _TYPES[part.kind], "bom-ref": part.key}
    component |= _present(
        group=group,
        name=name,
        version=part.version,
        licenses=_licenses(part, bill),
        purl=part.purl,
        pedigree=_pedigree(part, bill),
        externalReferences=_references(part),
        evidence=_evidence(part, bill.customs),
    )
    if part.kind is PartKind.MODEL and part.described and not part.failed:
        component["modelCard"] = _model_card(part, bill)
    if part.kind is PartKind.DATASET:
        component["data"] = [_data(part)]
    return component | {"properties": _properties(list(_own_properties(part)))}


def _own_properties(part: Part) -> Sequence[tuple[str, str]]:
    role = "target" if part.described else "relative"
    return (
        ("openaudit:role", role),
        ("openaudit:license:declared", part.licensing.declared),
        ("openaudit:license:concluded", part.licensing.concluded),
        *(("openaudit:license:note", note) for note in part.licensing.note),
        *part.facts,
    )


def _data(part: Part) -> Object:
    return {"type": "dataset", "name": part.name} | _present(contents={"url": part.url} if part.url else None)


def _references(part: Part) -> list[Object]:
    kind = "vcs" if part.kind is PartKind.CODE else "distribution"
    found = [{"type": kind, "url": part.url}] if part.url else []
    return [*found, *({"type": "license", "url": link} for link in part.licensing.links)]


def _pedigree(part: Part, bill: _Bill) -> Object:
    """What a model was made from, in short; each stands in full among the components."""
    made_from = list(bill.related(part, *_LINEAGE))
    if not made_from:
        return {}
    return {
        "ancestors": [
            {"type": _TYPES[parent.kind], "name": parent.name}
            | _present(version=parent.version, purl=parent.purl)
            for _, parent in made_from
        ],
        "notes": "\n".join(f"{parent.name}: {link.note}" for link, parent in made_from),
    }


def _model_card(part: Part, bill: _Bill) -> Object:
    datasets = [{"ref": dataset.key} for _, dataset in bill.related(part, Relation.TRAINED_ON)]
    parameters = _present(task=part.task, modelArchitecture=part.architecture, datasets=datasets)
    considerations = _present(useCases=list(part.uses), technicalLimitations=list(part.limits))
    return _present(modelParameters=parameters, considerations=considerations)


# ---------------------------------------------------------------- licenses


def _licenses(part: Part, bill: _Bill) -> list[Object]:
    """What is concluded and what is declared; 1.6 has room for one only where an expression is among them."""
    spoken = (("concluded", part.licensing.concluded), ("declared", part.licensing.declared))
    found = [_license(text, how, bill.customs) for how, text in spoken if text not in (NOASSERTION, NONE)]
    return found[:1] if bill.version == "1.6" and any("expression" in entry for entry in found) else found


def _license(text: str, how: str, customs: Mapping[str, CustomLicense]) -> Object:
    """An id of the list, a license with a name of its own, or an expression."""
    if text not in customs and not is_supported_id(text):
        return {"expression": text, "acknowledgement": how}
    return {"license": _named(text, customs) | {"acknowledgement": how}}


def _named(id_: str, customs: Mapping[str, CustomLicense]) -> Object:
    custom = customs.get(id_)
    if custom is None:
        return {"id": id_} if is_supported_id(id_) else {"name": id_}
    own = _properties([("openaudit:license:id", id_), ("openaudit:license:seen", custom.text)])
    return (
        {"name": custom.name} | _present(url=custom.links[0] if custom.links else None) | {"properties": own}
    )


def _evidence(part: Part, customs: Mapping[str, CustomLicense]) -> Object:
    """Every license that was seen, whatever binds in the end."""
    ids = dict.fromkeys(id_ for text in part.licensing.observed for id_ in members(text))
    return {"licenses": [{"license": _named(id_, customs)} for id_ in ids]} if ids else {}


# ---------------------------------------------------------------- how it hangs together


def _dependencies(bill: _Bill) -> list[Object]:
    """A model depends on what it was made from and trained on; not on what it was tested on or only names."""
    relations = (*_LINEAGE, Relation.TRAINED_ON)
    return [
        {"ref": part.key}
        | _present(dependsOn=sorted({other.key for _, other in bill.related(part, *relations)}))
        for part in bill.inventory.parts
    ]


def _compositions(inventory: Inventory) -> list[Object]:
    """No list of relatives is ever known to be whole; where evidence could not be read it is known not to be."""
    found: dict[str, list[str]] = {}
    for part in inventory.described:
        aggregate = "unknown" if part.complete or part.failed else "incomplete"
        found.setdefault(aggregate, []).append(part.key)
    return [{"aggregate": aggregate, "dependencies": keys} for aggregate, keys in sorted(found.items())]
