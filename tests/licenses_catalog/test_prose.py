"""Which licenses running prose names, and which words are none."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaudit.licenses.catalog import load_catalog
from openaudit.licenses.names import find_names, find_unknown_names, resolve_tag

SC, OA = "LicenseRef-scancode-", "LicenseRef-openaudit-"

NAMED = {
    "Released under the MIT license.": ["MIT"],
    "This model is MIT-licensed.": ["MIT"],
    "**License**: MIT": ["MIT"],
    "## License\n\nMIT\n": ["MIT"],
    "We license our weights under MIT.": ["MIT"],
    "The code is available under the [MIT](LICENSE) license": ["MIT"],
    "licensed under the Apache License, Version 2.0 (the “License”)": ["Apache-2.0"],
    "Licensed under Apache 2.0": ["Apache-2.0"],
    "The weights are under Apache-2.0, free to use.": ["Apache-2.0"],
    "a permissive license (Apache 2.0, MIT, BSD-2 or BSD-3)": [
        "Apache-2.0",
        "MIT",
        "BSD-2-Clause",
        "BSD-3-Clause",
    ],
    "The 3-clause BSD licence applies.": ["BSD-3-Clause"],
    "dual licensed under MIT and Apache-2.0": ["MIT", "Apache-2.0"],
    "MIT or Apache-2.0": ["MIT", "Apache-2.0"],
    "Code: GPLv3. Data: CC BY-NC 4.0.": ["GPL-3.0-only", "CC-BY-NC-4.0"],
    "Creative Commons Attribution-NonCommercial 4.0 International License": ["CC-BY-NC-4.0"],
    "see https://creativecommons.org/licenses/by-sa/4.0/ for details": ["CC-BY-SA-4.0"],
    "(https://www.apache.org/licenses/LICENSE-2.0)": ["Apache-2.0"],
    "![License](https://img.shields.io/badge/License-Apache_2.0-blue.svg)": ["Apache-2.0"],
    "![License](https://img.shields.io/badge/license-MIT-green)": ["MIT"],
    "Use is governed by the Llama 3.1 Community License Agreement.": [SC + "llama-3.1-license-2024"],
    "is governed by META LLAMA 3 COMMUNITY LICENSE AGREEMENT": [OA + "llama-3-community"],
    "- **License:** gemma\n": [OA + "gemma-unknown-version"],
    "- **License:** llama2\n- **Language:** en": [SC + "llama-2-license-2023"],
    "under the Gemma Terms of Use": [OA + "gemma-unknown-version"],
    "subject to the Tongyi Qianwen LICENSE AGREEMENT": [SC + "tongyi-qianwen-2023"],
    "under the Mistral AI Research License": [OA + "mistral-mrl-0.1"],
    "The model uses the BigScience RAIL License v1.0.": [SC + "bigscience-rail-1.0"],
    "CreativeML Open RAIL-M license": [SC + "stable-diffusion-2022-08-22"],
    "the BSD license": [OA + "bsd-unknown-version"],
    "under a Creative Commons license": [OA + "cc-unknown-version"],
    "模型遵循 [Apache-2.0](LICENSE) 协议": ["Apache-2.0"],
    "released under C4AI's Acceptable Use Policy": [OA + "c4ai-aup"],
}

NOT_NAMED = [
    "Researchers at MIT and Stanford built this model.",
    "MIT CSAIL, Cambridge",
    "We process the corpus with Apache Spark and Apache Arrow.",
    "Based on Llama 3.1 and Gemma 2, this model beats Qwen.",
    "License: see the file.\n\nLlama 3.1 70B was used as a teacher.",
    "a mit or two",
    "BSD-style code",
    "FreeBSD and OpenBSD are supported.",
    "The Falcon 180B model is large; see its paper.",
    "https://huggingface.co/acme/mit-model/blob/main/LICENSE",
    "https://example.org/apache-2.0/index.html",
    "runs on NVIDIA GPUs under Windows",
    "performs well under Llama 3 prompts",
    "For research only, contact us.",
    "A fair comparison, curl, Ruby and Python examples.",
    "cc @someone",
    "The stack: time, data, code, text.",
]


@pytest.mark.parametrize(("prose", "ids"), NAMED.items())
def test_prose_names_its_licenses(prose: str, ids: list[str]) -> None:
    spans = find_names(prose, load_catalog())
    assert list(dict.fromkeys(span.licenses[0] for span in spans)) == ids
    assert all(prose[span.start : span.end] == span.text for span in spans)


@pytest.mark.parametrize("prose", NOT_NAMED)
def test_words_that_are_no_license_where_they_stand_are_not_taken_for_one(prose: str) -> None:
    assert find_names(prose, load_catalog()) == ()


def test_spans_keep_their_place_among_characters_that_change_length_in_lower_case() -> None:
    prose = "İİİ licensed under the MIT License"
    (span,) = find_names(prose, load_catalog())
    assert prose[span.start : span.end] == "MIT License"


def test_an_unknown_license_that_prose_names_is_found_apart() -> None:
    catalog = load_catalog()
    prose = "released under the Acme Model License. Weights under the MIT License, see the Model License."
    (span,) = find_unknown_names(prose, catalog)
    assert (span.text, span.kind, span.licenses) == ("Acme Model License", "unknown-name", ())


WORDS = st.sampled_from(
    [
        *(
            "MIT",
            "license",
            "Apache",
            "2.0",
            "CC",
            "BY-NC",
            "4.0",
            "under",
            "the",
            "Llama",
            "3.1",
            "Community",
        ),
        *("and", "https://creativecommons.org/licenses/by/4.0", "://", "www.", "(", ")", "\n", "or", "GPL"),
        *("v3", "+", "许可"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=60).map(" ".join)))
def test_any_text_is_read_without_an_error(text: str) -> None:
    catalog = load_catalog()
    match = resolve_tag(text, catalog)
    assert all(catalog.by_id(id_) is not None for id_ in match.licenses)
    spans = find_names(text, catalog)
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    find_unknown_names(text, catalog)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "MIT license and ",
            "a ",
            "cc by nc sa ",
            "https://x/",
            "license ",
            "llama 3 ",
            "(((",
            "www.",
            "://",
        ),
        *("under the ", "Apache License Version ", "许可", "A B C D E F License ", "-", "\n", "open "),
        "creative commons ",
    ],
)
def test_reading_time_grows_no_faster_than_the_text(unit: str) -> None:
    catalog = load_catalog()
    find_names("warm MIT license", catalog)

    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        find_names(text, catalog)
        find_unknown_names(text, catalog)
        return time.process_time() - start

    small, large = seconds(50_000), seconds(400_000)
    assert large < 24 * max(small, 0.01)  # eight times the text
