"""What kind of code a repository holds, under which license, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from openaudit.errors import PolicyError
from openaudit.licenses.catalog import load_catalog
from openaudit.scanners.code import scan_code, wanted_code
from openaudit.scanners.code_kinds import sightings_of
from openaudit.scanners.code_links import code_target
from openaudit.scanners.code_rules import examples, load_code_rules
from openaudit.vocabulary import (
    CodeRepository,
    Document,
    FileEntry,
    Grant,
    Reach,
    Snapshot,
    Status,
    Target,
    TargetKind,
    Unread,
    Where,
)

APACHE = "Licensed under the Apache License, Version 2.0 (the License); you may not use this file except in compliance."
README = "# A model\nIt is good.\n"
LOOP = (
    "import torch\nfor batch in data:\n    loss = model(batch)\n    loss.backward()\n    optimizer.step()\n"
)
LONG = "# a line that makes the file longer than a placeholder\n"


def snapshot(
    files: Mapping[str, str | None],
    id_: str = "github.com/org/name",
    *,
    complete: bool = True,
    metadata: Mapping[str, object] | None = None,
) -> Snapshot:
    """A repository with these files; None is a file whose text was not read."""
    return Snapshot(
        target=Target(kind=TargetKind.CODE, id=id_),
        subject="code",
        id=id_,
        revision="a" * 40,
        url=f"https://{id_}",
        resolved_at="2026-01-01T00:00:00Z",
        files=tuple(
            FileEntry(path=path, size_bytes=1_000 if text is None else len(text))
            for path, text in files.items()
        ),
        listing_complete=complete,
        metadata=metadata or {},
        documents=tuple(
            Document(path=path, text=text, size_bytes=len(text), sha256="0" * 64)
            for path, text in files.items()
            if text is not None
        ),
        unread=tuple(
            Unread(path=p, reason="timed-out", message="slow") for p, t in files.items() if t is None
        ),
    )


def model(id_: str = "org/name-7b") -> Snapshot:
    return Snapshot(
        target=Target(kind=TargetKind.MODEL, id=id_),
        subject="model",
        id=id_,
        revision=None,
        url=None,
        resolved_at="",
        files=(),
        listing_complete=True,
    )


def scanned(code: Snapshot, model_id: str = "org/name-7b") -> CodeRepository:
    return scan_code(code, model(model_id), Where(path="README.md", lines=(3, 3)), load_catalog())


def kinds(files: Mapping[str, str | None]) -> list[str]:
    return [kind.value for kind in scanned(snapshot(files)).kinds]


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize("example", tuple(examples()), ids=lambda e: f"{e[0]}: {e[1]}"[:80])
def test_every_example_of_the_rules_is_as_it_says(example: tuple[str, str, bool, bool]) -> None:
    assert example[2] is example[3]


def test_a_users_rules_replace_ours_and_a_broken_one_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "paths.yaml").write_text("signs:\n  - {id: x, kind: poetry, sure: true, patterns: ['x']}\n")
    with pytest.raises(PolicyError, match="pre-training"):
        load_code_rules((tmp_path,))


# ---------------------------------------------------------------- kinds

TABLE: dict[str, tuple[dict[str, str | None], list[str]]] = {
    "a training script with its own model": (
        {"train.py": LOOP, "model.py": "class GPT:\n" + LONG},
        ["pre-training"],
    ),
    "a training script that starts from weights": (
        {"train.py": LOOP + "model = AutoModelForCausalLM.from_pretrained('x')\n"},
        ["fine-tuning"],
    ),
    "a training script of another name": ({"main.py": LOOP + "model = GPT(config)\n"}, ["pre-training"]),
    "from nothing beside settings for fine-tuning": (
        {
            "train.py": "init_from = 'scratch'\ndataset = 'openwebtext'\n" + LOOP,
            "config/finetune_x.py": None,
        },
        ["pre-training", "fine-tuning"],
    ),
    "Megatron": (
        {"run.py": "from megatron.training import pretrain\npretrain(provider)\n" + LONG},
        ["pre-training"],
    ),
    "JAX": ({"run.py": "import jax\nimport optax\nmodel = Transformer(config)\n" + LONG}, ["pre-training"]),
    "TRL": ({"run.py": "from trl import SFTTrainer\nSFTTrainer(m).train()\n" + LONG}, ["fine-tuning"]),
    "adapters": (
        {"run.py": "from peft import get_peft_model\nm = get_peft_model(m, c)\n" + LOOP},
        ["fine-tuning"],
    ),
    "fine-tuning scripts for users": (
        {"finetune.py": LOOP + "m = AutoModel.from_pretrained('x')\n", "finetune/finetune_lora.sh": None},
        ["fine-tuning"],
    ),
    "a demonstration that only loads the weights": (
        {"demo.py": "m = AutoModelForCausalLM.from_pretrained('x')\nprint(m.generate(**i))\n" + LONG},
        ["inference"],
    ),
    "an interface": ({"app.py": "import gradio as gr\ngr.Interface(f).launch()\n" + LONG}, ["inference"]),
    "a harness": (
        {"run.py": "from lm_eval import evaluator\nevaluator.simple_evaluate(m)\n" + LONG},
        ["evaluation"],
    ),
    "crawled and deduplicated": (
        {"a.py": "from datasketch import MinHashLSH\nindex = MinHashLSH()\n" + LONG, "dedup/run.py": None},
        ["data-preparation"],
    ),
    "a launch script": (
        {"run.sh": "torchrun --nproc_per_node 8 pretrain_gpt.py --train-iters 500000 --lr 1e-4\n"},
        ["pre-training"],
    ),
    "a launch script for fine-tuning": (
        {"run.sh": "accelerate launch train.py --model_name_or_path org/base --lr 1e-5 ........\n"},
        ["fine-tuning"],
    ),
    "an axolotl recipe beside code": (
        {
            "config.yaml": "base_model: x/y\nadapter: qlora\nlearning_rate: 1e-4\n",
            "merge.py": "model = load(x)\nmodel.save(y)\n" + LONG,
        },
        ["fine-tuning"],
    ),
    "names alone": (
        {
            "pretrain_gpt.py": None,
            "tools/preprocess_data.py": None,
            "tasks/eval_harness.py": None,
            "generate.py": None,
        },
        ["pre-training", "inference", "evaluation", "data-preparation"],
    ),
    "settings by sizes beside a training script": (
        {"train.py": None, "configs/7B.yml": None, "post-training/dpo.yml": None},
        ["pre-training", "fine-tuning"],
    ),
    "tests and other people's code do not count": (
        {
            "tests/test_train.py": None,
            "third_party/x/train.py": None,
            "docs/finetune.py": None,
            "lib/x.cpp": None,
        },
        [],
    ),
    "a promise": (
        {"train.py": "# coming soon, we will release the training code here\nprint('soon')\n", "x.c": None},
        [],
    ),
    "an empty training script": ({"train.py": "", "x.c": None}, []),
    "a README that tells how it was trained": (
        {"README.md": "## Pre-training\nWe ran `torchrun pretrain.py`.\n## Fine-tuning\n", "x.c": None},
        [],
    ),
    "a training script that samples on the way": (
        {"train.py": LOOP + "model.generate(x)\nAutoModel.from_pretrained('x')\n"},
        ["fine-tuning"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_kinds_of_code_are_told(case: str) -> None:
    files, expected = TABLE[case]
    assert kinds(files) == expected


def test_the_evidence_names_file_line_and_address() -> None:
    code = scanned(snapshot({"train.py": LOOP, "model.py": "class GPT:\n" + LONG}))
    first = code.evidence[0]
    assert (first.topic, first.where.path, first.where.lines) == (
        "code.found.pre-training",
        "train.py",
        (4, 4),
    )
    assert first.where.url == f"https://github.com/org/name/blob/{'a' * 40}/train.py#L4"
    assert first.quote == "loss.backward()"


def test_a_link_is_no_code() -> None:
    empty = scanned(snapshot({}))
    assert (empty.status, empty.kinds, empty.why) == (Status.ABSENT, (), "it is empty")
    texts = scanned(
        snapshot(
            {"README.md": "# Train\n```python\nloss.backward()\n```\n", "LICENSE": APACHE, "a.png": None}
        )
    )
    assert (texts.status, texts.kinds) == (Status.ABSENT, ())
    settings = scanned(snapshot({"README.md": README, "configs/7B.yml": "learning_rate: 1\n" * 9}))
    assert settings.status is Status.ABSENT
    promise = scanned(
        snapshot({"README.md": README, "train.py": "# coming soon: the training code\nprint('x')\n"})
    )
    assert promise.status is Status.ABSENT


def test_what_could_not_be_seen_is_unknown_and_never_absent() -> None:
    assert scanned(snapshot({"README.md": README}, complete=False)).status is Status.UNKNOWN
    unread = scanned(snapshot({"train.py": LOOP, "LICENSE": None}))
    assert (unread.status, unread.grant) == (Status.UNKNOWN, Grant.UNDETERMINED)
    assert "LICENSE could not be read: slow" in unread.why


# ---------------------------------------------------------------- license


def test_the_license_is_read_from_its_file_or_named() -> None:
    code = {"train.py": LOOP}
    named = scanned(snapshot({**code, "README.md": "# X\n## License\nThe code is under Apache-2.0.\n"}))
    assert (named.license, named.status, named.grant) == ("Apache-2.0", Status.OPEN, Grant.OPEN)
    package = scanned(snapshot({**code, "pyproject.toml": '[project]\nlicense = "MIT"\n'}))
    assert (package.license, package.status) == ("MIT", Status.OPEN)
    none = scanned(snapshot({**code, "README.md": README}))
    assert (none.license, none.status, none.why) == (None, Status.UNLICENSED, "no license was found")
    limited = scanned(snapshot({**code, "README.md": "# X\n## License\nCC-BY-NC-4.0\n"}))
    assert (limited.status, limited.grant) == (Status.RESTRICTED, Grant.RESEARCH_ONLY)


def test_the_license_of_weights_or_data_says_nothing_of_the_code() -> None:
    readme = "# X\n## License\nThe model weights are under CC-BY-NC-4.0. The code is under the MIT License.\n"
    assert scanned(snapshot({"train.py": LOOP, "README.md": readme})).license == "MIT"
    files = {"train.py": LOOP, "DATA_LICENSE": "CC-BY-NC-4.0", "LICENSE": APACHE}
    assert scanned(snapshot(files)).license == "Apache-2.0"


def test_what_github_recognised_stands_in_for_a_text_that_was_not_read() -> None:
    code = scanned(snapshot({"a.py": LOOP, "LICENSE": None}, metadata={"license": {"spdx_id": "MIT"}}))
    assert (code.license, code.status, code.evidence[-1].method) == ("MIT", Status.OPEN, "code host")
    other = scanned(
        snapshot({"a.py": LOOP, "LICENSE": None}, metadata={"license": {"spdx_id": "NOASSERTION"}})
    )
    assert other.grant is Grant.UNDETERMINED


# ---------------------------------------------------------------- whose

OWNERS = [
    ("github.com/allenai/OLMo", "allenai/OLMo-7B", "", "maker"),
    ("github.com/QwenLM/Qwen", "Qwen/Qwen-7B", "", "maker"),
    ("github.com/facebookresearch/llama", "meta-llama/Llama-2-7b", "", "maker"),
    ("github.com/hf-lin/ChatMusician", "m-a-p/ChatMusician", "", "maker"),
    ("github.com/kingoflolz/mesh-transformer-jax", "EleutherAI/gpt-j-6B", "## GPT-J-6B\n", "maker"),
    ("github.com/somebody/code", "org/thing-1b", "See https://huggingface.co/org/thing-1b.\n", "maker"),
    (
        "github.com/somebody/zoo",
        "org/thing-1b",
        "hf.co/org/thing-1b hf.co/a/b hf.co/c/d hf.co/e/f\n",
        "other",
    ),
    ("github.com/huggingface/transformers", "org/thing", "", "library"),
    ("github.com/vllm-project/vllm", "org/thing", "https://huggingface.co/org/thing", "library"),
    ("github.com/NVIDIA/Megatron-LM", "somebody/thing", "", "library"),
    ("github.com/EleutherAI/gpt-neox", "EleutherAI/gpt-neox-20b", "", "maker"),
    ("github.com/EleutherAI/gpt-neox", "stabilityai/stablelm-base-alpha-7b", "", "library"),
    ("github.com/tatsu-lab/stanford_alpaca", "tloen/alpaca-lora-7b", "", "other"),
    ("github.com/meta-llama/llama-recipes", "somebody/Llama-2-7b-fine", "", "other"),
]


@pytest.mark.parametrize(("repository", "model_id", "readme", "owner"), OWNERS)
def test_whose_code_it_is(repository: str, model_id: str, readme: str, owner: str) -> None:
    code = snapshot({"README.md": f"# Code\n{readme}", "train.py": LOOP}, repository)
    assert scanned(code, model_id).owner == owner


def test_a_known_library_is_the_makers_where_it_has_the_recipe_of_the_model() -> None:
    files = {"recipes/zephyr-7b-beta/sft/config.yaml": None, "scripts/sft.py": None}
    code = snapshot(files, "github.com/huggingface/alignment-handbook")
    assert scanned(code, "HuggingFaceH4/zephyr-7b-beta").owner == "maker"
    assert scanned(code, "princeton-nlp/zephyr-7b-beta").owner == "library"


@pytest.mark.parametrize(
    ("settings", "owner"),
    [
        ("scripts/train/yamls/pretrain/mpt-7b.yaml", "maker"),
        ("scripts/train/yamls/pretrain/mpt-30b.yaml", "library"),
        ("scripts/train/yamls/pretrain/7b.yaml", "library"),
        ("docs/mpt-7b.yaml", "library"),
    ],
)
def test_a_recipe_is_a_file_of_settings_of_the_name_of_the_model(settings: str, owner: str) -> None:
    code = snapshot({settings: None, "train.py": None}, "github.com/mosaicml/llm-foundry")
    assert scanned(code, "mosaicml/mpt-7b").owner == owner


def test_a_repository_that_was_read_says_so() -> None:
    code = scanned(snapshot({"train.py": LOOP}))
    assert (code.reach, code.url, code.revision) == (Reach.READ, "https://github.com/org/name", "a" * 40)
    assert str(code.where) == "README.md:3"


# ---------------------------------------------------------------- what is read, and how much


def test_few_texts_are_wanted_the_telling_ones_first() -> None:
    paths = [
        "README.md",
        "LICENSE",
        "train.py",
        "eval.py",
        "generate.py",
        "tools/preprocess_data.py",
        "huge.py",
    ]
    many = [f"src/module_{i}.py" for i in range(500)]
    files = [FileEntry(path=path, size_bytes=5_000) for path in (*paths, *many)]
    files.append(FileEntry(path="pretrain.py", size_bytes=90_000_000))
    wanted = [wish.path for wish in wanted_code(files)]
    assert wanted[:3] == ["README.md", "LICENSE", "train.py"]
    assert {"eval.py", "generate.py", "tools/preprocess_data.py"} <= set(wanted)
    assert "pretrain.py" not in wanted
    assert len(wanted) <= 9


def test_without_a_license_file_the_package_is_read() -> None:
    files = [
        FileEntry(path=path, size_bytes=500)
        for path in ("README.md", "setup.py", "pyproject.toml", "train.py")
    ]
    assert [wish.path for wish in wanted_code(files)][:2] == ["README.md", "pyproject.toml"]


def test_hostile_names_and_lines_cost_little_time() -> None:
    names = [
        "a" * 5_000 + ".py",
        "train" * 60 + ".py",
        "x/" * 150 + "train.py",
        "pre-train-" * 30 + ".sh",
        "..py",
    ]
    names += [f"{'eval_' * 40}{i}.yaml" for i in range(2_000)]
    line = "python " + "train " * 40_000
    files = {
        **dict.fromkeys(names),
        "README.md": "#" * 200_000 + "\n" + "**" * 90_000,
        "run.sh": line,
        "a.py": "(" * 90_000,
    }
    assert scanned(snapshot(files)).reach is Reach.READ  # pytest's own time limit is the measure


def test_paths_are_looked_at_once_for_a_listing() -> None:
    files = (FileEntry(path="train.py", size_bytes=900),)
    assert sightings_of(files, load_code_rules()) is sightings_of(files, load_code_rules())


# ---------------------------------------------------------------- addresses

ADDRESSES = {
    "https://github.com/a/b": "github.com/a/b",
    "http://www.github.com/a/b.git": "github.com/a/b",
    "github.com/a/b/": "github.com/a/b",
    "git@github.com:a/b.git": "github.com/a/b",
    "https://github.com/a/b/blob/main/train.py#L3": "github.com/a/b",
    "https://github.com/a/b?tab=readme": "github.com/a/b",
    "https://gitlab.com/group/sub/name/-/tree/main": "gitlab.com/group/sub/name",
    "https://codeberg.org/a/b": "codeberg.org/a/b",
    "https://bitbucket.org/a/b/src/master/": "bitbucket.org/a/b",
    "https://git.sr.ht/~user/repo": "git.sr.ht/~user/repo",
    "https://git.example.org/x/y.git": "git.example.org/x/y",
    "https://github.com/a/issues": "github.com/a/issues",
}
NO_CODE = [
    "https://github.com/a/b/issues/3", "https://github.com/a/b/discussions", "https://github.com/a/b/releases/tag/v1",
    "https://github.com/a", "https://github.com/orgs/a/people", "https://github.com/sponsors/a", "https://github.com/topics/llm",
    "https://gist.github.com/a/0123", "https://raw.githubusercontent.com/a/b/main/x.py", "https://a.github.io/b",
    "https://img.shields.io/github/stars/a/b.svg", "https://github.com/a/b/raw/main/logo.png", "https://github.com/a/b/actions/workflows/x.yml",
    "https://git.example.org/x/y", "https://127.0.0.1/a/b.git", "https://localhost/a/b.git", "https://github.com:8080/a/b",
    "https://github.com/../../etc.git", "https://github.com/a/..", "file:///etc/a.git", "javascript:alert(1)", "", "https://[",
    "ext::sh -c x/y.git",
    "https://github.com/a%2Fb/c%00d", "https://huggingface.co/a/b",
]  # fmt: skip


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_leads_to_its_repository(url: str) -> None:
    target = code_target(url)
    assert target is not None
    assert (target.kind, target.id, target.revision) == (TargetKind.CODE, ADDRESSES[url], None)


@pytest.mark.parametrize("url", NO_CODE)
def test_an_address_of_something_else_is_no_repository(url: str) -> None:
    assert code_target(url) is None


@pytest.mark.parametrize(
    ("url", "revision"),
    [
        ("https://github.com/a/b/tree/v1.0/src", "v1.0"),
        ("https://gitlab.com/a/b/-/tree/dev", "dev"),
        ("https://codeberg.org/a/b/src/branch/dev/x", "dev"),
        ("https://github.com/a/b/tree/master", None),
        ("https://github.com/a/b/tree/--upload-pack=x", None),
    ],
)
def test_a_branch_or_tag_in_the_address_is_the_revision(url: str, revision: str | None) -> None:
    target = code_target(url)
    assert target is not None
    assert target.revision == revision
