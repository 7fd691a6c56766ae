"""Reports made by hand: a rich one, a minimal one, a failure, and one whose every word is an attack."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from openaudit.vocabulary import (
    Access,
    Ancestor,
    Claim,
    CodeKind,
    CodeRepository,
    ComponentFinding,
    Coverage,
    DatasetMention,
    Dimension,
    DimensionFinding,
    Evidence,
    Failure,
    Finding,
    Grant,
    Improvement,
    LicenseConflict,
    LicenseFinding,
    LicenseStatement,
    Reach,
    Report,
    Severity,
    StatementKind,
    Status,
    Target,
    TargetKind,
    Unread,
    Verdict,
    Where,
)

REVISION = "3f1c9d2e7a5b4c6d8e9f0a1b2c3d4e5f60718293"


def at(path: str, first: int | None = None, last: int | None = None) -> Where:
    lines = None if first is None else (first, last if last is not None else first)
    return Where(path=path, lines=lines)


def seen(topic: str, value: str, where: Where, quote: str = "", confidence: float = 1.0) -> Evidence:
    return Evidence(topic=topic, value=value, where=where, quote=quote, method="test", confidence=confidence)


TAG = LicenseStatement(
    kind=StatementKind.TAG,
    says="mit",
    where=at("README.md", 3),
    licenses=("MIT",),
    grant=Grant.OPEN,
    quote="license: mit",
)
PROSE = LicenseStatement(
    kind=StatementKind.PROSE,
    says="the Heron Community License, which forbids training other models on outputs",
    where=at("README.md", 88, 90),
    licenses=("LicenseRef-openaudit-heron-community",),
    grant=Grant.RESTRICTED,
    terms=("output-training", "user-threshold"),
    quote="Heron-7B is released under the Heron Community License. You may not use outputs of the model to "
    "train other models, and organisations with more than 50 million monthly users need our permission.",
    added=("output-training",),
    confidence=0.9,
)
TEXT = LicenseStatement(
    kind=StatementKind.TEXT,
    says="Heron Community License 1.2",
    where=at("LICENSE", 1, 214),
    licenses=("LicenseRef-openaudit-heron-community",),
    grant=Grant.RESTRICTED,
    terms=("output-training", "user-threshold", "naming"),
    quote="HERON COMMUNITY LICENSE AGREEMENT, Version 1.2",
    coverage=0.9876543,
)
HEADER = LicenseStatement(
    kind=StatementKind.HEADER,
    says="apache-2.0",
    where=at("model-00001-of-00002.safetensors"),
    licenses=("Apache-2.0",),
    grant=Grant.OPEN,
    quote='{"license": "apache-2.0"}',
    confidence=0.6,
)
LINK = LicenseStatement(kind=StatementKind.LINK, says="LICENCE.txt", where=at("README.md", 4), claimed=False)
CODE = LicenseStatement(
    kind=StatementKind.TEXT,
    says="Apache License 2.0, of the code",
    where=at("code/LICENSE-CODE", 1, 202),
    licenses=("Apache-2.0",),
    scope=frozenset({"code"}),
    grant=Grant.OPEN,
    quote="Apache License Version 2.0, January 2004",
    coverage=1.0,
)


def _component(
    identifier: str,
    name: str,
    dimension: Dimension,
    status: Status,
    reason: str,
    *evidence: Evidence,
    license: str | None = None,
    confidence: float = 1.0,
    points: float = 0.0,
    weight: float = 10.0,
) -> ComponentFinding:
    return ComponentFinding(
        id=identifier,
        name=name,
        dimension=dimension,
        status=status,
        reason=reason,
        rule=f"component-{identifier}",
        license=license,
        confidence=confidence,
        evidence=evidence,
        points=points,
        weight=weight,
    )


_HERON = "LicenseRef-openaudit-heron-community"
COMPONENTS = (
    _component(
        "model-parameters-final",
        "Model parameters (final)",
        Dimension.WEIGHTS,
        Status.RESTRICTED,
        "Two safetensors shards are there; the Heron Community License limits users and outputs.",
        seen("weights.files", "2 files, 14.5 GB", at("model.safetensors.index.json")),
        seen("weights.license", _HERON, at("LICENSE", 1, 214), "HERON COMMUNITY LICENSE AGREEMENT"),
        license=_HERON,
        points=40.0,
        weight=80.0,
    ),
    _component(
        "model-parameters-intermediate",
        "Model parameters (intermediate)",
        Dimension.WEIGHTS,
        Status.ABSENT,
        "No checkpoint of the training is in the file list, and no link leads to one.",
        weight=20.0,
    ),
    _component(
        "model-architecture",
        "Model architecture",
        Dimension.CODE,
        Status.OPEN,
        "config.json names a class of a stock open-source library.",
        seen(
            "architecture",
            "HeronForCausalLM",
            at("config.json", 2, 4),
            '"architectures": ["HeronForCausalLM"]',
        ),
        license="Apache-2.0",
        points=20.0,
        weight=20.0,
    ),
    _component(
        "training-code",
        "Training code",
        Dimension.CODE,
        Status.DESCRIBED,
        "The card names a general training framework; the configuration is not published.",
        seen("code.training", "Megatron-LM", at("README.md", 120), "We trained with a fork of Megatron-LM."),
        confidence=0.7,
        points=15.0,
        weight=40.0,
    ),
    _component(
        "inference-code",
        "Inference code",
        Dimension.CODE,
        Status.OPEN,
        "modeling_heron.py is in the repository under Apache-2.0.",
        seen("code.inference", "modeling_heron.py", at("modeling_heron.py", 1, 14)),
        license="Apache-2.0",
        points=20.0,
        weight=20.0,
    ),
    _component(
        "datasets",
        "Datasets",
        Dimension.DATA,
        Status.DESCRIBED,
        "Two named sources with proportions; the mixture itself is not published.",
        seen(
            "data.source",
            "heron/webtext-filtered",
            at("README.md", 101, 104),
            "62 % heron/webtext-filtered, 30 % The Stack v2, 8 % licensed books",
        ),
        points=20.0,
        weight=70.0,
    ),
    _component(
        "data-preprocessing-code",
        "Data preprocessing code",
        Dimension.DATA,
        Status.UNKNOWN,
        "The linked repository could not be read: no connection.",
        seen(
            "link",
            "https://github.com/heron-ai/datatools",
            Where(url="https://github.com/heron-ai/datatools"),
        ),
        weight=30.0,
    ),
    _component(
        "model-card",
        "Model card",
        Dimension.DOCS,
        Status.OPEN,
        "Intended use, training, evaluation and limitations are all there.",
        seen("card.sections", "4 of 4", at("README.md", 1, 240)),
        license="CC-BY-4.0",
        points=40.0,
        weight=40.0,
    ),
    _component(
        "evaluation-results",
        "Evaluation results",
        Dimension.DOCS,
        Status.UNLICENSED,
        "The table of results is an image without a license of its own.",
        seen("evaluation", "11 benchmarks", at("README.md", 150, 171)),
        points=10.0,
        weight=20.0,
    ),
)


def rich_report() -> Report:
    """A model with everything that a report can hold, contradictions first."""
    return Report(
        target=Target(kind=TargetKind.MODEL, id="heron-ai/Heron-7B", text="heron-ai/Heron-7B"),
        subject="model",
        id="heron-ai/Heron-7B",
        revision=REVISION,
        url="https://huggingface.co/heron-ai/Heron-7B",
        resolved_at="2026-11-25T12:00:00Z",
        tool_version="0.1.0",
        rules_version="2026.11",
        level="restricted-weight",
        level_name="open-weight, restricted licence",
        band="open-weight",
        score=41.25,
        headline="Anyone can download the weights, but the Heron Community License limits who may use them, "
        "and what may be done with their outputs; the MIT tag is wrong.",
        reasons=(
            "The license text in the repository is stronger than the tag.",
            "The Heron Community License limits users and outputs.",
        ),
        dimensions=(
            DimensionFinding(
                dimension=Dimension.WEIGHTS,
                status=Status.RESTRICTED,
                score=40.0,
                components=("model-parameters-final", "model-parameters-intermediate"),
                reason="The weights are there under a license with limits.",
            ),
            DimensionFinding(
                dimension=Dimension.CODE,
                status=Status.DESCRIBED,
                score=68.75,
                components=("model-architecture", "training-code", "inference-code"),
                reason="Inference code is open, training code is only named.",
            ),
            DimensionFinding(
                dimension=Dimension.DATA,
                status=Status.DESCRIBED,
                score=20.0,
                components=("datasets", "data-preprocessing-code"),
                reason="Sources and proportions are named, the data is not released.",
            ),
            DimensionFinding(
                dimension=Dimension.DOCS,
                status=Status.OPEN,
                score=83.333333,
                components=("model-card", "evaluation-results"),
                reason="A card of substance under CC-BY-4.0.",
            ),
        ),
        components=COMPONENTS,
        license=_rich_license(),
        access=Access(
            gated="auto", private=False, disabled=False, downloadable=True, detail="Asks for a name."
        ),
        coverage=Coverage(
            expected=8,
            read=6,
            missing=(
                Unread(path="USE_POLICY.md", reason="too-large", message="longer than the ceiling of 1 MB"),
                Unread(
                    path="github.com/heron-ai/datatools",
                    reason="unreachable",
                    message="no connection to the server",
                ),
            ),
        ),
        claims=(
            Claim(
                quote="Heron-7B is a fully open-source model.",
                where=at("README.md", 12),
                claimed_level="fully-open",
                measured_level="restricted-weight",
                holds=False,
            ),
            Claim(
                quote="We release the weights.",
                where=at("README.md", 14),
                claimed_level="unlicensed",
                measured_level="restricted-weight",
                holds=True,
            ),
        ),
        lineage=(
            Ancestor(
                id="heron-ai/Heron-7B-base",
                relation="finetune",
                where=at("README.md", 5),
                license=_HERON,
                level="restricted-weight",
            ),
            Ancestor(id="egret/Egret-6B", relation="merge", where=at("mergekit.yml", 9), confidence=0.5),
        ),
        datasets=(
            DatasetMention(
                id="heron/webtext-filtered",
                role="pre-training",
                license="ODC-By-1.0",
                status=Status.DESCRIBED,
                where=at("README.md", 101),
            ),
            DatasetMention(
                id="bigcode/the-stack-v2",
                role="pre-training",
                license=None,
                status=Status.UNKNOWN,
                where=at("README.md", 102),
            ),
        ),
        artifacts={
            "formats": ["safetensors", "pickle"],
            "parameters": 7_241_732_096,
            "bytes": 14_483_498_224,
            "unsafe": [{"path": "optimizer.pt", "reason": "pickle that imports os"}],
        },
        frameworks=(
            Verdict(
                framework="spectrum",
                verdict="restricted-weight",
                decided_by=("model-parameters-final",),
                reason="The weights are limited by their license.",
            ),
            Verdict(
                framework="mof",
                verdict="none",
                decided_by=("model-parameters-final", "datasets"),
                reason="The final parameters are under no open license.",
                details={
                    "progress": {"i": 28.5714285, "ii": 40.0, "iii": 66.6666667},
                    "components": [
                        {
                            "name": "Model parameters (Final)",
                            "license": "LicenseRef-heron",
                            "component_path": "model.safetensors",
                            "license_path": "LICENSE",
                            "description": "Weights are here.",
                        },
                        {"name": "Model card", "license": None, "component_path": "README.md"},
                    ],
                },
            ),
            Verdict(
                framework="osai_index",
                verdict="0.41",
                decided_by=("weights_endmodel", "licenses"),
                reason="3 open, 2 partial, 5 closed, 2 unknown; the score leaves out what could not be told.",
                details={"score": 0.41, "told": 10, "of": 12},
            ),
            Verdict(
                framework="eu_ai_act",
                verdict="conditions-not-met",
                decided_by=("A3",),
                reason="The license carries what the guidelines name as disqualifying (user-threshold).",
            ),
            Verdict(
                framework="osaid",
                verdict="fails",
                decided_by=("model-parameters-final",),
                reason="The license excludes users and uses.",
            ),
        ),
        findings=(
            Finding(
                rule="license-text-contradicts-tag",
                severity=Severity.CRITICAL,
                message="The tag says MIT, the license text is the Heron Community License 1.2.",
                evidence=(seen("license.tag", "mit", at("README.md", 3), "license: mit"),),
                component="model-parameters-final",
                fix="Set `license: other` with `license_name: heron-community` in the card.",
            ),
            Finding(
                rule="license-conflict-broken-link",
                severity=Severity.WARNING,
                message="The license link names LICENCE.txt, and there is no such file here.",
                evidence=(
                    seen("license.link", "LICENCE.txt", at("README.md", 4), "license_link: LICENCE.txt"),
                ),
                fix="Correct the link, or add the file that it names.",
            ),
            Finding(
                rule="unsafe-pickle",
                severity=Severity.WARNING,
                message="optimizer.pt is a pickle that runs code when it is loaded.",
                evidence=(seen("artifact.pickle", "os.system", at("optimizer.pt")),),
                fix="Remove the file or publish it as safetensors.",
            ),
            Finding(
                rule="intended-use-sentence",
                severity=Severity.NOTE,
                message="The card says that the model is intended for research; that is no term of its license.",
                evidence=(seen("card.use", "research", at("README.md", 30), "intended for research"),),
            ),
        ),
        improvements=(
            Improvement(
                component="model-parameters-final",
                action="Release the weights under an open license such as Apache-2.0.",
                level="open-weight",
            ),
            Improvement(
                component="training-code",
                action="Publish the training code and its configuration under an open license.",
                level="open-toolchain",
            ),
            Improvement(
                component="datasets",
                action="Publish the training data, or the recipe for it.",
                level="fully-open",
            ),
        ),
        errors=({"stage": "lineage", "message": "egret/Egret-6B could not be read: no such repository."},),
    )


def _rich_license() -> LicenseFinding:
    return LicenseFinding(
        statements=(TEXT, PROSE, TAG, LINK, HEADER, CODE),
        effective=_HERON,
        grant=Grant.RESTRICTED,
        reason="The license text in the repository is the strongest source and speaks of the weights.",
        decided_by=(TEXT,),
        conflicts=(
            LicenseConflict(
                kind="text-against-tag",
                message="The tag says MIT, the license text is the Heron Community License 1.2.",
                between=(TAG, TEXT),
            ),
            LicenseConflict(
                kind="header-against-text",
                message="The metadata of the weight files says Apache-2.0.",
                between=(HEADER, TEXT),
                severity=Severity.WARNING,
            ),
            LicenseConflict(
                kind="broken-link",
                message="The license link names LICENCE.txt, and there is no such file here.",
                between=(LINK,),
                severity=Severity.WARNING,
            ),
        ),
        terms={
            "names": ["user-threshold", "outputs-restricted", "naming", "acceptable-use"],
            "licenses": {
                _HERON: {
                    "commercial_use": "conditional",
                    "commercial_condition": "above 50 million monthly users a separate license is needed (3)",
                    "modification": "yes",
                    "redistribution": "conditional",
                    "redistribution_note": "with a copy of the license (2)",
                    "distillation": "no",
                    "user_threshold": {
                        "monthly_active_users": 50_000_000,
                        "effect": "a separate license (3)",
                    },
                    "acceptable_use_policy": True,
                    "naming": 'names of derivatives begin with "Heron" (4)',
                    "share_alike": "no",
                    "patent": "rights end for who sues (7)",
                    "revocable": False,
                }
            },
        },
        confidence=0.95,
    )


def minimal_report() -> Report:
    """Nothing but what a report must have: a card without a license, nothing else."""
    return Report(
        target=Target(kind=TargetKind.FOLDER, id="tiny", text="./tiny"),
        subject="model",
        id="tiny",
        revision=None,
        url=None,
        resolved_at="2026-11-25T12:00:00Z",
        tool_version="0.1.0",
        rules_version="2026.11",
        level="undetermined",
        level_name="undetermined",
        band="undetermined",
        score=0.0,
        headline="Too little could be seen to tell how open this is.",
        reasons=(),
        dimensions=tuple(
            DimensionFinding(dimension=dimension, status=Status.UNKNOWN, score=0.0, components=())
            for dimension in Dimension
        ),
        components=(),
        license=LicenseFinding(statements=(), effective=None, grant=Grant.UNDETERMINED, reason=""),
        access=Access(),
        coverage=Coverage(expected=0, read=0),
    )


def open_report() -> Report:
    """A model at the top of the spectrum, for the overview of several."""
    return dataclasses.replace(
        minimal_report(),
        target=Target(kind=TargetKind.MODEL, id="wren/Wren-1B"),
        id="wren/Wren-1B",
        revision="v1.0",
        url="https://huggingface.co/wren/Wren-1B",
        level="fully-open",
        level_name="fully open",
        band="open-source",
        score=97.0,
        headline="Weights, code, data and documents are all released for any use.",
        dimensions=tuple(
            DimensionFinding(dimension=dimension, status=Status.OPEN, score=97.0, components=())
            for dimension in Dimension
        ),
        license=LicenseFinding(
            statements=(dataclasses.replace(TAG, says="apache-2.0", licenses=("Apache-2.0",)),),
            effective="Apache-2.0",
            grant=Grant.OPEN,
            reason="The tag is the only source.",
        ),
        access=Access(gated=False, private=False, disabled=False, downloadable=True),
        coverage=Coverage(expected=5, read=5),
    )


def dataset_report() -> Report:
    """A dataset: no model levels."""
    return dataclasses.replace(
        open_report(),
        target=Target(kind=TargetKind.DATASET, id="wren/songs"),
        subject="dataset",
        id="wren/songs",
        url="https://huggingface.co/datasets/wren/songs",
        level="open-data",
        level_name="open dataset",
        band="open",
    )


def family_report() -> Report:
    """A merge of three generations with a cross-bred branch, its code and its datasets, and unsafe files."""
    github = "https://github.com/teal-ai/train"
    return dataclasses.replace(
        rich_report(),
        id="teal-ai/Teal-8B",
        url="https://huggingface.co/teal-ai/Teal-8B",
        license=dataclasses.replace(
            _rich_license(),
            bound_by="heron-ai/Heron-7B",
            terms={
                **_rich_license().terms,
                "imposed": {"heron-ai/Heron-7B": ["user-threshold", "outputs-restricted", "naming"]},
            },
        ),
        lineage=(
            _kin(
                "grebe/Grebe-8B", "merge", "teal-ai/Teal-8B", 1, Reach.READ, Grant.OPEN, "Apache License 2.0"
            ),
            _kin("teal-ai/Teal-tuned", "merge", "teal-ai/Teal-8B", 1, Reach.READ, Grant.RESTRICTED, None),
            _kin(
                "heron-ai/Heron-7B",
                "finetune",
                "teal-ai/Teal-tuned",
                2,
                Reach.FACTS,
                Grant.RESTRICTED,
                "Heron",
            ),
            _kin("heron-ai/Heron-7B", "adapter", "grebe/Grebe-8B", 2, Reach.FACTS, Grant.RESTRICTED, "Heron"),
            _kin("lost/Lost-7B", "finetune", "heron-ai/Heron-7B", 3, Reach.UNREAD, Grant.UNDETERMINED, None),
        ),
        code=(
            CodeRepository(
                id="github.com/teal-ai/train",
                where=at("README.md", 12),
                status=Status.OPEN,
                kinds=(CodeKind.PRE_TRAINING, CodeKind.DATA, CodeKind.EVALUATION),
                owner="maker",
                license="Apache-2.0",
                license_name="Apache License 2.0",
                grant=Grant.OPEN,
                evidence=(
                    seen(
                        "code.found.pre-training",
                        "train.py",
                        at("src/train me.py", 10, 12),
                        "import megatron",
                    ),
                ),
                reach=Reach.READ,
                url=github,
                revision=REVISION,
            ),
            CodeRepository(
                id="github.com/teal-ai/empty",
                where=at("README.md", 13),
                status=Status.ABSENT,
                owner="maker",
                reach=Reach.READ,
                why="nothing but a README",
            ),
            CodeRepository(
                id="github.com/other/lib", where=at("README.md", 14), why="no connection to the server"
            ),
        ),
        datasets=(
            DatasetMention(
                id="teal-ai/songs",
                role="fine-tuning",
                license="CC-BY-4.0",
                status=Status.OPEN,
                where=at("README.md", 20),
                reach=Reach.READ,
                url="https://huggingface.co/datasets/teal-ai/songs",
                revision=REVISION,
                gated="manual",
            ),
            DatasetMention(
                id="the-pile",
                role="pre-training",
                license=None,
                status=Status.DESCRIBED,
                where=at("README.md", 21),
                reach=Reach.FACTS,
            ),
            DatasetMention(
                id="gone/gone",
                role="",
                license=None,
                status=Status.UNKNOWN,
                where=at("README.md", 22),
                why="no such dataset",
            ),
        ),
        artifacts={
            "formats": {"pickle": 2},
            "files": [
                {"path": "a.bin", "format": "pickle", "reasons": ["it imports os.system"], "safe": "unsafe"}
            ],
            "unsafe": ["a.bin"],
            "unproven": ["b.bin"],
        },
    )


def _kin(
    id: str, relation: str, of: str, depth: int, reach: Reach, grant: Grant, license_name: str | None
) -> Ancestor:
    return Ancestor(
        id=id,
        relation=relation,
        of=of,
        depth=depth,
        where=at("README.md", depth),
        license=_HERON if license_name == "Heron" else None,
        license_name=license_name,
        level="open-weight" if grant is Grant.OPEN else "restricted-weight" if reach is Reach.READ else None,
        grant=grant,
        terms=("user-threshold", "naming") if grant is Grant.RESTRICTED else (),
        reach=reach,
        url=f"https://huggingface.co/{id}" if reach is Reach.READ else None,
        why="" if reach is Reach.READ else "no such repository",
    )


def failure() -> Failure:
    """A target that could not be read at all."""
    return Failure(
        target=Target(kind=TargetKind.MODEL, id="nobody/nothing", text="nobody/nothing"),
        stage="fetch",
        reason="not-found",
        message="There is no model nobody/nothing on the Hub, or it is private.",
        hint="Check the spelling, or set HF_TOKEN if you have access.",
    )


# ---------------------------------------------------------------- hostile

ATTACK = (
    "<script>alert(1)</script></style></title><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"
    "\x1b[2J\x1b]0;owned\x07\x9b31m\x00\x08\r\n# heading\n| a | b |\n`code` ```fence``` **bold** @everyone "
    "#1 [link](javascript:alert(4)) ![bomb](https://evil.example/x.png) https://evil.example www.evil.example "
    "user@evil.example <https://evil.example> \u202egnirts\u202c \u2066iso\u2069 zero\u200bwidth \ufeff \ud800 "
    "{{ 7*7 }} {% raw %} [bold red]rich[/] :smile: \U000e0041 Z\u0335\u0336\u0337\u0338\u0339\u033a\u033balgo \\| "
)
KEPT_FOR_JSON = frozenset({"level", "band", "joined", "gated", "subject", "id", "framework", "components"})
"""Words of the rules and of the contract: no repository writes them."""

_T = TypeVar("_T")


def poisoned(
    value: _T, attack: str = ATTACK, keep: frozenset[str] = frozenset({"joined", "gated", "subject"})
) -> _T:
    """The same data with every string replaced by an attack, but for the fields named in `keep`."""
    result: Any = _poisoned(value, attack, keep)
    return result  # type: ignore[no-any-return]


def _poisoned(value: Any, attack: str, keep: frozenset[str]) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return attack
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return dataclasses.replace(
            value,
            **{
                name: item if name in keep else _poisoned(item, attack, keep) for name, item in fields.items()
            },
        )
    if isinstance(value, Mapping):
        return {key: _poisoned(item, attack, keep) for key, item in value.items()} | {attack: attack}
    if isinstance(value, tuple | list):
        return type(value)(_poisoned(item, attack, keep) for item in value)
    if isinstance(value, frozenset):
        return frozenset({attack})
    return value
