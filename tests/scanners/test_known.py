"""Known corpora and families: found by id and by name, and never taken for their neighbours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openaudit.errors import PolicyError
from openaudit.rule_files import rule_files
from openaudit.scanners.known import (
    ARCHITECTURE_CONFIDENCE,
    MIXED_NAME_CONFIDENCE,
    NAME_CONFIDENCE,
    REPOSITORY_CONFIDENCE,
    Known,
    load_known,
)
from openaudit.scanners.known_facts import ACCESS, Corpus, Family, Paper
from openaudit.vocabulary import Status


@pytest.fixture(scope="module")
def known() -> Known:
    return load_known()


def corpora(known: Known, text: str) -> list[str]:
    return [corpus.id for corpus, _, _ in known.corpora_in(text)]


def families(known: Known, text: str) -> list[str]:
    return [family.id for family, _, _ in known.families_in(text)]


# ---------------------------------------------------------------- corpora


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The model was trained on The Pile.", ["the-pile"]),
        ("trained on the\nPile", ["the-pile"]),
        ("the_pile", ["the-pile"]),
        ("a pile of books and a piledriver", []),
        ("the piles of data", []),
        ("compile the pileup", []),
        ("C4", []),
        ("the C4 dataset", ["c4"]),
        ("pre-trained on C4 and Wikipedia", ["c4", "wikipedia"]),
        ("The Pile, C4, and others", ["the-pile", "c4"]),
        ("a C4 architecture diagram; play c4 with the knight; C4AI", []),
        ("the Colossal Clean Crawled Corpus", ["c4"]),
        ("mC4", ["mc4"]),
        ("MMC4", ["mmc4"]),
        ("FineWeb-Edu", ["fineweb-edu"]),
        ("FineWeb, FineWeb 2 and FineWeb-Edu", ["fineweb", "fineweb-2", "fineweb-edu"]),
        ("FineWeb2", ["fineweb-2"]),
        ("bigcode/the-stack-v2-train", ["the-stack-v2"]),
        ("a fine website", []),
        ("RedPajama", ["redpajama-1"]),
        ("RedPajama-V2", ["redpajama-2"]),
        ("RedPajama-Data-V2", ["redpajama-2"]),
        ("RedPajama-INCITE-7B", []),
        ("SlimPajama-627B", ["slimpajama"]),
        ("Dolma and Dolma 3", ["dolma", "dolma-3"]),
        ("The Stack", ["the-stack"]),
        ("The Stack v2", ["the-stack-v2"]),
        ("the stack trace; the stack is full; the stack overflow", []),
        ("StarCoderData", ["starcoderdata"]),
        ("StarCoder", []),
        ("an ImageNet-1k classifier", ["imagenet"]),
        ("LAION-5B and LAION-400M", ["laion-5b", "laion-400m"]),
        ("Re-LAION-5B", ["re-laion-5b"]),
        ("MS COCO", ["coco"]),
        ("coco the parrot", []),
        ("Common Voice 11", ["common-voice"]),
        ("a common voice in it", ["common-voice"]),
        ("no robots were harmed", []),
        ("the No Robots dataset", ["no-robots"]),
        ("Lima is a city", []),
        ("a math problem", []),
        ("the MATH benchmark", ["math"]),
        ("GSM8K", ["gsm8k"]),
        ("ARC-Challenge", ["arc"]),
        ("an arc of light", []),
        ("Books3", ["books3"]),
        ("three books", []),
        ("BookCorpus and BooksCorpus", ["bookcorpus", "bookcorpus"]),
        ("WebText is not OpenWebText", ["webtext", "openwebtext"]),
        ("OpenHermes-2.5", ["openhermes-2.5"]),
        ("OpenHermes-2.5-Mistral-7B", []),
        ("ShareGPT4V", ["sharegpt4v"]),
        ("ShareGPT conversations", ["sharegpt"]),
        ("in ShareGPT format", []),
        ("UltraChat 200k", ["ultrachat"]),
        ("Open-Orca/SlimOrca", ["slimorca"]),
        ("databricks-dolly-15k", ["dolly-15k"]),
        ("ROOTS", ["roots"]),
        ("it has its roots in Paris", []),
        ("a common corpus for all", []),
        ("PleIAs Common Corpus", ["common-corpus"]),
        ("MMLU and MMLU-Pro", ["mmlu", "mmlu-pro"]),
        ("数据来自C4数据集", []),
        ("在Wikipedia上训练", ["wikipedia"]),
    ],
)
def test_corpora_are_found_by_their_names_in_prose(known: Known, text: str, expected: list[str]) -> None:
    assert corpora(known, text) == expected


@pytest.mark.parametrize(
    ("hub_id", "expected"),
    [
        ("EleutherAI/pile", "the-pile"),
        ("monology/pile-uncopyrighted", "pile-uncopyrighted"),
        ("c4", "c4"),
        ("allenai/c4", "c4"),
        ("ALLENAI/C4", "c4"),
        ("HuggingFaceFW/fineweb", "fineweb"),
        ("HuggingFaceFW/fineweb-2", "fineweb-2"),
        ("HuggingFaceFW/fineweb-edu", "fineweb-edu"),
        ("allenai/dolma", "dolma"),
        ("allenai/dolma3_mix-6T-1025", "dolma-3"),
        ("allenai/dolma3_dolmino_mix-100B-1125", "dolmino"),
        ("bigcode/the-stack-dedup", "the-stack"),
        ("bigcode/the-stack-v2-train-full-ids", "the-stack-v2"),
        ("mozilla-foundation/common_voice_11_0", "common-voice"),
        ("someone/pile", None),
        ("allenai/c4-copy", None),
        ("", None),
    ],
)
def test_corpora_are_found_by_their_hub_id(known: Known, hub_id: str, expected: str | None) -> None:
    corpus = known.corpus(hub_id)
    assert (corpus.id if corpus else None) == expected


@pytest.mark.parametrize(
    ("corpus", "status"),
    [
        ("the-pile", Status.DESCRIBED),
        ("redpajama-1", Status.UNLICENSED),
        ("c4", Status.OPEN),
        ("dolma", Status.OPEN),
        ("the-stack", Status.RESTRICTED),
        ("bookcorpus", Status.DESCRIBED),
        ("imagenet", Status.RESTRICTED),
        ("webtext", Status.DESCRIBED),
    ],
)
def test_status_is_what_the_contract_makes_of_the_facts(known: Known, corpus: str, status: Status) -> None:
    assert known.corpora[corpus].status is status


def test_spans_are_those_of_the_text_even_where_lowering_changes_its_length(known: Known) -> None:
    text = "İİİ trained on The Pile"
    ((_, start, end),) = known.corpora_in(text)
    assert text[start:end] == "The Pile"


# ---------------------------------------------------------------- families


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Llama 3", ["llama-3"]),
        ("Llama-3-8B", ["llama-3"]),
        ("llama3", ["llama-3"]),
        ("Llama 3.1", ["llama-3.1"]),
        ("llama-3.1-8b-instruct", ["llama-3.1"]),
        ("Llama-3_1-8B", ["llama-3.1"]),
        ("Meta-Llama-3.1-8B", ["llama-3.1"]),
        ("Llama 3.2 and Llama 3.3", ["llama-3.2", "llama-3.3"]),
        ("We love Llama 3.", ["llama-3"]),
        ("Llama2", ["llama-2"]),
        ("Llama", ["llama"]),
        ("llama.cpp", []),
        ("llama-index", []),
        ("LLaMA-Factory", []),
        ("llama-30b", ["llama-1"]),
        ("CodeLlama-7b", ["codellama"]),
        ("Code Llama", ["codellama"]),
        ("OpenLLaMA", ["openllama"]),
        ("TinyLlama-1.1B", ["tinyllama"]),
        ("llamas graze", []),
        ("gemma-2-9b", ["gemma-2"]),
        ("gemma-2b", ["gemma-1"]),
        ("google/gemma-7b", ["gemma-1"]),
        ("Google Gemma", ["gemma"]),
        ("Qwen/Qwen-7B", ["qwen", "qwen-1"]),
        ("gemma-3n-E4B", ["gemma-3n"]),
        ("gemma, the bud of a plant, and Gemma the cat", []),
        ("Mistral-7B-v0.1", ["mistral-7b"]),
        ("Mistral-Large-Instruct-2407", ["mistral-large"]),
        ("Mistral AI", []),
        ("Mixtral 8x7B", ["mixtral"]),
        ("Codestral Mamba", ["codestral-mamba"]),
        ("Codestral-22B-v0.1", ["codestral"]),
        ("qwen2.5-3b", ["qwen2.5-3b"]),
        ("qwen2.5-32b", ["qwen2.5-small"]),
        ("Qwen2.5-72B-Instruct", ["qwen2.5-72b"]),
        ("Qwen2.5", ["qwen2.5"]),
        ("Qwen2-72B", ["qwen2-72b"]),
        ("Qwen2-7B", ["qwen2-small"]),
        ("Qwen3-0.6B", ["qwen3"]),
        ("DeepSeek-V3", ["deepseek-v3"]),
        ("DeepSeek-V3-0324", ["deepseek-v3-0324"]),
        ("DeepSeek-R1", ["deepseek-r1"]),
        ("DeepSeek-R1-Distill-Qwen-7B", ["deepseek-r1-distill-qwen"]),
        ("DeepSeek-R1-Distill-Llama-70B", ["deepseek-r1-distill-llama-70b"]),
        ("phi-2", ["phi-2"]),
        ("Phi-3.5-mini", ["phi-3.5"]),
        ("Phi-3-mini", ["phi-3"]),
        ("the golden ratio phi", []),
        ("gpt2", ["gpt-2"]),
        ("GPT-2-XL", ["gpt-2"]),
        ("GPT-4", []),
        ("T5-base", ["t5"]),
        ("flan-t5-xl", ["flan-t5"]),
        ("mt5", ["mt5"]),
        ("StableLM Zephyr", ["stablelm-any"]),
        ("MPT-7B-Chat", ["mpt-chat"]),
        ("SDXL", ["sdxl"]),
        ("SDXL-Turbo", ["sdxl-turbo"]),
        ("FLUX.1 [dev]", ["flux-1-dev"]),
        ("FLUX.1-schnell", ["flux-1-schnell"]),
    ],
)
def test_families_are_found_by_their_names(known: Known, text: str, expected: list[str]) -> None:
    assert families(known, text) == expected


@pytest.mark.parametrize(
    ("repo_id", "expected"),
    [
        ("meta-llama/Llama-3.1-8B", ("llama-3.1", REPOSITORY_CONFIDENCE)),
        ("meta-llama/Meta-Llama-3-8B", ("llama-3", REPOSITORY_CONFIDENCE)),
        ("someone/Medical-Llama3-8B", ("llama-3", NAME_CONFIDENCE)),
        ("someone/Llama-3-Mistral-7B-merge", ("mistral-7b", MIXED_NAME_CONFIDENCE)),
        ("someone/gpt2-persian", ("gpt-2", ARCHITECTURE_CONFIDENCE)),
        ("gpt2", ("gpt-2", REPOSITORY_CONFIDENCE)),
        ("google-bert/bert-base-uncased", ("bert", REPOSITORY_CONFIDENCE)),
        ("bert-base-uncased", ("bert", REPOSITORY_CONFIDENCE)),
        ("Qwen/Qwen2.5-3B-Instruct", ("qwen2.5-3b", REPOSITORY_CONFIDENCE)),
        ("Qwen/Qwen2.5-32B-Instruct", ("qwen2.5-small", REPOSITORY_CONFIDENCE)),
        ("upstage/SOLAR-10.7B-Instruct-v1.0", ("solar-10.7b-instruct", REPOSITORY_CONFIDENCE)),
        ("stabilityai/stablelm-zephyr-3b", ("stablelm-any", REPOSITORY_CONFIDENCE)),
        ("meta-llama-fan/Llama", ("llama", NAME_CONFIDENCE)),
        ("llama/nothing", None),
        ("someone/tool", None),
        ("", None),
    ],
)
def test_families_are_found_by_repository(
    known: Known, repo_id: str, expected: tuple[str, float] | None
) -> None:
    found = known.family_of(repo_id)
    assert (found and (found[0].id, found[1])) == expected


def test_where_version_or_size_is_not_told_no_license_is_told(known: Known) -> None:
    for key in (
        "llama",
        "mistral",
        "qwen",
        "qwen2",
        "qwen2.5",
        "deepseek",
        "stable-diffusion",
        "vicuna",
        "stablelm-any",
    ):
        assert known.families[key].license is None, key


# ---------------------------------------------------------------- the files


def test_every_pattern_compiles_and_every_hub_id_belongs_to_one_corpus() -> None:
    for file in (*rule_files("datasets"), *rule_files("families")):
        for entry in file.value.get("corpora", file.value.get("families")):
            for pattern in (*entry.get("names", ()), *entry.get("exact_names", ()), *entry.get("repos", ())):
                re.compile(pattern)
                assert not re.search(r"\[[^\]]* [^\]]*\]", pattern), f"a blank in a class: {pattern}"
    ids = [
        hub_id.lower()
        for file in rule_files("datasets")
        for entry in file.value["corpora"]
        for hub_id in entry.get("hub_ids", ())
    ]
    assert len(ids) == len(set(ids)), sorted({hub_id for hub_id in ids if ids.count(hub_id) > 1})


def test_no_shortcut_hides_a_name(known: Known) -> None:
    """What is found by words and literals is what searching every pattern in the whole text finds."""
    facts: tuple[Corpus | Family, ...] = (*known.corpora.values(), *known.families.values())
    text = "\n".join(f"{fact.name}: {fact.id.replace('-', ' ')}. {fact.id}" for fact in facts)
    text += " ".join(hub_id for corpus in known.corpora.values() for hub_id in corpus.hub_ids[:1])
    for index, found in (
        (known._corpus_names, known.corpora_in(text)),
        (known._family_names, known.families_in(text)),
    ):
        spans = [(start, end) for _, start, end in found]
        for name, key in (row for rows in index.values() for row in rows):
            for match in re.finditer(name.pattern, text, 0 if name.cased else re.IGNORECASE):
                met = any(start < match.end() and match.start() < end for start, end in spans)
                assert met, (key, match[0])


def test_there_are_sources_for_all_facts(known: Known) -> None:
    assert len(known.corpora) >= 120
    assert len(known.families) >= 120
    for corpus in known.corpora.values():
        assert corpus.source.startswith("https://"), corpus.id
    for family in known.families.values():
        assert family.training_code.source.startswith("https://"), family.id
        assert family.training_data.source.startswith("https://"), family.id
        for said in (family.data_card, family.access):
            assert said is None or said.source.startswith("https://"), family.id


def test_licenses_of_families_are_known_to_the_shared_catalog(known: Known) -> None:
    yaml = pytest.importorskip("yaml")
    shared = Path(os.environ.get("OPENAUDIT_SHARED") or Path(__file__).parents[2].parent / "shared")
    if not (shared / "licenses/index.json").is_file():
        pytest.skip("no shared catalog")
    ids = {row["id"] for row in yaml.safe_load((shared / "licenses/index.json").read_text(encoding="utf-8"))}
    hub = yaml.safe_load((shared / "frameworks/hub-licenses.yaml").read_text(encoding="utf-8"))
    ids |= {row["id"] for row in hub["licenses"]}
    assert {family.license for family in known.families.values()} - ids - {None, "unlicensed"} == set()


GOOD = "{id: x, name: X, publisher: P, kind: code, license: mit, status: open, availability: available, source: 'https://x'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"corpora:\n  - {GOOD}, nmes: [x]}}", "unknown key 'nmes'. Did you mean 'names'?"),
        (f"corpora:\n  - {GOOD}, names: ['(x|y)']}}", "whole word"),
        (f"corpora:\n  - {GOOD}, names: ['foo|bar']}}", "whole word"),
        (f"corpora:\n  - {GOOD}, names: ['foo-?bar']}}", "whole word"),
        (f"corpora:\n  - {GOOD}, names: ['foo (']}}", "broken pattern"),
        (f"corpora:\n  - {GOOD}, names: foo}}", "list of texts"),
        (f"corpora:\n  - {GOOD}, sure: maybe}}", "true or false"),
        (f"corpora:\n  - {GOOD}, sure: false}}", "must be unknown"),
        (f"corpora:\n  - {GOOD.replace('available, ', 'withdrawn, ')}}}", "`described` at most"),
        (f"corpora:\n  - {GOOD.replace('status: open', 'status: great')}}}", "one of open"),
        (f"corpora:\n  - {GOOD}}}\n  - {GOOD}}}", "there twice"),
        ("corpora: 3", "a list is expected"),
        ("sets: []", "unknown key 'sets'"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=re.escape(message)) as caught:
        load_known((tmp_path,))
    assert "mine.yaml" in str(caught.value)


FAMILY = (
    "{id: x, name: X, maker: M, license: mit, repos: ['^heron/'], names: ['heron lm'], "
    "training_code: {status: open, reason: r, source: 'https://x', stages: [pre-training, inference]}, "
    "training_data: {status: described, reason: r, source: 'https://x'}"
)


def _families(folder: Path, text: str) -> Known:
    (folder / "families").mkdir()
    (folder / "families" / "mine.yaml").write_text(text, encoding="utf-8")
    return load_known((folder,))


def test_a_family_tells_papers_access_stages_and_what_documents_its_data(tmp_path: Path) -> None:
    papers = "papers: [{id: 'arxiv:2401.00001', venue: ACL 2024}, {id: 'https://x/report', covers: base}]"
    more = "access: {status: gated, source: 'https://x'}, data_card: {status: described, reason: r, source: 'https://x'}"
    family = _families(tmp_path, f"families:\n  - {FAMILY}, {papers}, {more}}}\n").families["x"]
    assert family.papers == (
        Paper(id="arxiv:2401.00001", covers="model", venue="ACL 2024"),
        Paper(id="https://x/report", covers="base", venue=""),
    )
    assert [paper.url for paper in family.papers] == ["https://arxiv.org/abs/2401.00001", "https://x/report"]
    assert family.access is not None
    assert family.access.status == "gated"
    assert family.data_card is not None
    assert family.data_card.status is Status.DESCRIBED
    assert family.training_code.stages == ("pre-training", "inference")


def test_what_stands_at_the_top_of_a_file_holds_for_its_families(tmp_path: Path) -> None:
    top = "access: {status: gated, source: 'https://x'}"
    known = _families(tmp_path, f"{top}\nfamilies:\n  - {FAMILY}}}\n")
    assert known.families["x"].access is not None
    assert known.families["x"].papers is None
    assert known.families["x"].data_card is None


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("papers: 3", "families[0].papers: a list is expected"),
        ("papers: [{id: 2401.00001}]", "families[0].papers[0].id: a text is expected"),
        ("papers: [{id: '2401.00001'}]", "families[0].papers[0].id: arxiv:"),
        (
            "papers: [{id: 'arxiv:2401.00001', covers: all}]",
            "families[0].papers[0].covers: one of model, base",
        ),
        ("papers: [{id: 'arxiv:2401.00001', venu: ACL}]", "unknown key 'venu'. Did you mean 'venue'?"),
        ("access: {status: free, source: s}", f"one of {', '.join(ACCESS)} is expected"),
        ("access: gated", "families[0].access: a mapping is expected"),
        ("data_card: {status: open, reason: r}", "families[0].data_card.source: a text is expected"),
    ],
)
def test_a_wrong_fact_of_a_family_is_refused_with_its_place(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(message)):
        _families(tmp_path, f"families:\n  - {FAMILY}, {more}}}\n")


def test_an_entry_of_the_user_replaces_ours_with_the_same_id(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    entry = GOOD.replace("id: x", "id: the-pile") + ", hub_ids: [me/pile], names: ['my pile']}"
    (tmp_path / "datasets" / "a.yaml").write_text(f"corpora:\n  - {entry}\n", encoding="utf-8")
    own = load_known((tmp_path,))
    assert own.corpora["the-pile"].publisher == "P"
    assert own.corpus("EleutherAI/pile") is None
    assert corpora(own, "my pile and C4 data") == ["the-pile", "c4"]


# ---------------------------------------------------------------- cost


@pytest.mark.parametrize(
    "text", ["the pile " * 12_000, "llama" * 20_000, "c4" + "a" * 100_000, "the_pile_" * 12_000]
)
def test_hostile_texts_cost_no_more_than_their_length(known: Known, text: str) -> None:
    known.corpora_in("the pile c4")
    known.families_in("llama")
    begin = time.process_time()
    known.corpora_in(text)
    known.families_in(text)
    assert time.process_time() - begin < 2


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, openaudit.scanners.known as k; print({'numpy', 'requests', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
