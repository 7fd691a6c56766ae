"""Whatever a card says: the audit never fails, takes bounded time, and its report is the contract's JSON."""

from __future__ import annotations

import json
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from openaudit.formats import FORMATS
from openaudit.formats.json_v1 import report_schema
from openaudit.pipeline import load_knowledge
from openaudit.vocabulary import QUOTE_LIMIT, Access, Unread
from tests.scanners.scenes import Made, judge

VALIDATOR = Draft202012Validator(report_schema())
load_knowledge()

NASTY = (
    "---\n", "----\n", "---", "\ufeff", "\r\n", "\t", "\x00", "\x1b[31m", "\u202e", "\ud7ff", "\U0001f600", "\u2028",
    "license: mit\n", "licence: [mit, cc-by-nc-4.0]\n", "license: {a: b}\n", "license: 3\n", "license: [[x]]\n",
    "license_name: llama3\n", "license_link: https://huggingface.co/a/b/blob/main/LICENSE\n", "license_link: [ht tp://]\n",
    "base_model: [a/b, meta-llama/Llama-2-7b-hf]\n", "base_model: {x: 1}\n", "datasets: [c4, 1, null, {a: b}]\n",
    "model-index: [{results: [{metrics: [{value: .nan}]}]}]\n", "tags: [arxiv:1, llama-2]\n", "a: &a [*a]\n", "? [x]\n",
    "extra_gated_prompt: LLAMA 3 COMMUNITY LICENSE\n", "library_name: transformers\n", "source_datasets: x|\n",
    "# License\n", "## Training data\n", "<h1>Evaluation</h1>\n", "Title\n===\n", "- ", "  - ", "1. ", "> ", "\n\n", "\n",
    "| License | MIT |\n|---|---|\n", "| x | 1.5 |\n", "```\n", "~~~", "    code\n", "<!--", "-->", "<a href='", "<a href=x>", "</a>",
    "<img alt='", "![", "](", "[a](https://github.com/acme/x)", "[a][b]", "[b]: <https://arxiv.org/abs/2401.00001>\n",
    "https://huggingface.co/datasets/a/b", "http://[::1", "https://[x", "&#0;", "&#x110000;", "&amp", "\\", "*", "__", "`", "~~",
    "Released under the MIT License. ", "For non-commercial use only. ", "unlike X, ", "License: ", "the Wombat Community License ",
    "Based on Llama 2. ", "Trained on The Pile and 60% Wikipedia. ", "a fully open model ", "same license as StarCoder ",
    "模型权重采用 MIT 协议。", "不得用于商业用途", "more than 5 million monthly active users need a license ",
     "learning rate 1e-5, epochs 3 ",
    "@misc{a, doi={10.1234/x}}", "MMLU 45.2 ", "İ", "ß", "ﬁ", "．", "Apache-2.0 OR MIT ", "GPL-3.0 WITH ", "(" * 30, ")" * 30,
)  # fmt: skip
fragments = st.one_of(st.sampled_from(NASTY), st.text(max_size=20))
cards = st.lists(fragments, max_size=30).map("".join)
blocks = st.lists(fragments, max_size=12).map(lambda parts: "---\n" + "".join(parts) + "\n---\n")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(NASTY) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
keys = (
    "license",
    "license_name",
    "license_link",
    "base_model",
    "datasets",
    "tags",
    "model-index",
    "library_name",
)
metadata = st.fixed_dictionaries(
    {}, optional={"cardData": st.dictionaries(st.sampled_from(keys), values, max_size=4), "config": values,
     "tags": values, "safetensors": values},
)  # fmt: skip
NAMES = (
    "model.safetensors",
    "a.gguf",
    "LICENSE",
    "USE_POLICY.md",
    "config.json",
    "train.py",
    "x/../y",
    "\x1b",
    "README.md ",
    "a\nb",
)
snapshots = st.builds(
    lambda front, body, license_, config, **more: Made(
        texts={"README.md": front + body, "LICENSE": license_, "config.json": config}, **more
    ),
    front=st.one_of(st.just(""), blocks),
    body=cards,
    license_=cards,
    config=st.one_of(cards, values.map(json.dumps)),
    files=st.lists(st.sampled_from(NAMES), max_size=4),
    id=st.sampled_from(("acme/w", "acme/Llama-3-8B-GGUF", "meta-llama/Llama-2-7b-hf", "gpt2", "a/" + "b" * 90)),
    subject=st.sampled_from(("model", "dataset")),
    metadata=metadata,
    listing_complete=st.booleans(),
    access=st.builds(Access, gated=st.sampled_from((None, False, "auto", "manual")), downloadable=st.sampled_from((None, True, False))),
    unread=st.lists(
        st.builds(Unread, path=st.sampled_from(("README.md", "LICENSE", "config.json")),
         reason=st.sampled_from(("gated", "too-large", "not-found", "network")), message=st.text(min_size=1, max_size=9)),
        max_size=2,
    ),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(made=snapshots)
def test_any_snapshot_gives_a_report_that_follows_the_schema_in_time(made: Made) -> None:
    started = time.process_time()
    report = judge(made)
    assert time.process_time() - started < 2
    document = json.loads(FORMATS["json"].render([report]))
    faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in VALIDATOR.iter_errors(document)]
    assert faults == []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(made=snapshots)
def test_places_lie_inside_their_documents_and_quotes_are_bounded(made: Made) -> None:
    report = judge(made)
    rows = {path: text.count("\n") + text.count("\r") + 1 for path, text in made.texts.items()}
    places = [e for c in report.components for e in c.evidence] + [
        e for f in report.findings for e in f.evidence
    ]
    for where, quote in [(e.where, e.quote) for e in places] + [
        (s.where, s.quote) for s in report.license.statements
    ]:
        assert len(quote) <= QUOTE_LIMIT
        if where.lines is not None:
            assert 1 <= where.lines[0] <= where.lines[1] <= rows.get(where.path or "", 10**9)
