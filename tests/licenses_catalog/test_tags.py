"""What the values of license fields stand for, as people write them."""

from __future__ import annotations

import pytest

from openaudit.licenses.catalog import load_catalog
from openaudit.licenses.names import resolve_tag, resolve_tags
from openaudit.vocabulary import Grant

SC, OA = "LicenseRef-scancode-", "LicenseRef-openaudit-"
ANY = "-unknown-version"

ONE_LICENSE = {
    "apache-2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache-2": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache2.0": "Apache-2.0",
    "APACHE 2": "Apache-2.0",
    "apache-v2.0": "Apache-2.0",
    "The Apache Software License, Version 2.0": "Apache-2.0",
    "apache": OA + "apache" + ANY,
    "Apache License": OA + "apache" + ANY,
    "http://www.apache.org/licenses/LICENSE-2.0": "Apache-2.0",
    "https://www.apache.org/licenses/LICENSE-2.0.txt": "Apache-2.0",
    "mit": "MIT",
    "MIT": "MIT",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "mit-license": "MIT",
    "MIT licence": "MIT",
    "Expat": "MIT",
    "mit-0": "MIT-0",
    "https://opensource.org/licenses/MIT": "MIT",
    "https://opensource.org/license/mit/": "MIT",
    "https://choosealicense.com/licenses/mit/": "MIT",
    "https://spdx.org/licenses/MIT.html": "MIT",
    "bsd": OA + "bsd" + ANY,
    "BSD License": OA + "bsd" + ANY,
    "bsd-2-clause": "BSD-2-Clause",
    "Simplified BSD License": "BSD-2-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD-3": "BSD-3-Clause",
    "New BSD License": "BSD-3-Clause",
    "3-clause BSD": "BSD-3-Clause",
    "three-clause BSD license": "BSD-3-Clause",
    "2-Clause BSD": "BSD-2-Clause",
    "bsd-3-clause-clear": "BSD-3-Clause-Clear",
    "0bsd": "0BSD",
    "gpl": OA + "gpl" + ANY,
    "GNU GPL": OA + "gpl" + ANY,
    "gpl-3.0": "GPL-3.0-only",
    "GPL v3": "GPL-3.0-only",
    "GPLv3": "GPL-3.0-only",
    "GNU GPLv3": "GPL-3.0-only",
    "GNU General Public License v3.0": "GPL-3.0-only",
    "gpl-3.0+": "GPL-3.0-or-later",
    "GPLv3+": "GPL-3.0-or-later",
    "GPL-3.0-or-later": "GPL-3.0-or-later",
    "GPL v2 or later": "GPL-2.0-or-later",
    "gpl-2.0": "GPL-2.0-only",
    "lgpl": OA + "lgpl" + ANY,
    "LGPL v2.1": "LGPL-2.1-only",
    "lgpl-lr": "LGPLLR",
    "agpl-3.0": "AGPL-3.0-only",
    "AGPLv3": "AGPL-3.0-only",
    "gfdl": OA + "gfdl" + ANY,
    "afl-3.0": "AFL-3.0",
    "mpl-2.0": "MPL-2.0",
    "Mozilla Public License 2.0": "MPL-2.0",
    "unlicense": "Unlicense",
    "wtfpl": "WTFPL",
    "isc": "ISC",
    "zlib": "Zlib",
    "ms-pl": "MS-PL",
    "eupl-1.2": "EUPL-1.2",
    "bsl-1.0": "BSL-1.0",
    "Business Source License 1.1": "BUSL-1.1",
    "etalab-2.0": "etalab-2.0",
    "Licence Ouverte": "etalab-2.0",
    "cc": OA + "cc" + ANY,
    "Creative Commons": OA + "cc" + ANY,
    "cc0": "CC0-1.0",
    "CC0 1.0 Universal": "CC0-1.0",
    "cc by 4.0": "CC-BY-4.0",
    "CC-BY 4.0": "CC-BY-4.0",
    "CC BY": OA + "cc-by" + ANY,
    "cc-by": OA + "cc-by" + ANY,
    "cc by nc 4.0": "CC-BY-NC-4.0",
    "CC BY-NC": OA + "cc-by-nc" + ANY,
    "CC-BY-NC-SA-4.0": "CC-BY-NC-SA-4.0",
    "cc-by-nc-sa 3.0": "CC-BY-NC-SA-3.0",
    "CC_BY_NC_ND_4.0": "CC-BY-NC-ND-4.0",
    "cc-by-nc-4.0 (non-commercial)": "CC-BY-NC-4.0",
    "Attribution-NonCommercial 4.0 International": "CC-BY-NC-4.0",
    "Creative Commons Attribution 4.0 International": "CC-BY-4.0",
    "Creative Commons Attribution-NonCommercial 4.0": "CC-BY-NC-4.0",
    "Creative Commons Attribution Non Commercial Share Alike 4.0": "CC-BY-NC-SA-4.0",
    "Creative Commons Attribution-ShareAlike 3.0 Unported": "CC-BY-SA-3.0",
    "creativecommons.org/licenses/by-nc/4.0": "CC-BY-NC-4.0",
    "https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode": "CC-BY-NC-SA-4.0",
    "https://creativecommons.org/licenses/by/4.0/deed.en": "CC-BY-4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
    "odc-by": "ODC-By-1.0",
    "ODC-BY 1.0": "ODC-By-1.0",
    "Open Data Commons Attribution License v1.0": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "cdla-permissive-2.0": "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0": "CDLA-Sharing-1.0",
    "c-uda": "C-UDA-1.0",
    "openmdw-1.0": "OpenMDW-1.0",
    "openmdw-1.1": OA + "openmdw-1.1",
    "llama": OA + "llama" + ANY,
    "Llama license": OA + "llama" + ANY,
    "llama2": SC + "llama-2-license-2023",
    "llama-2": SC + "llama-2-license-2023",
    "Llama 2 Community License Agreement": SC + "llama-2-license-2023",
    "llama3": OA + "llama-3-community",
    "llama-3": OA + "llama-3-community",
    "Llama 3 Community License Agreement": OA + "llama-3-community",
    "META LLAMA 3 COMMUNITY LICENSE": OA + "llama-3-community",
    "llama3.1": SC + "llama-3.1-license-2024",
    "Llama 3.1 Community License": SC + "llama-3.1-license-2024",
    "llama-3.2": SC + "llama-3.2-license-2024",
    "llama3.3": SC + "llama-3.3-license-2024",
    "llama4": SC + "llama-4-cla-2025",
    "Llama 4 Community License Agreement": SC + "llama-4-cla-2025",
    "llama-community-license": OA + "llama-community" + ANY,
    "https://llama.meta.com/llama3/license/": OA + "llama-3-community",
    "https://www.llama.com/llama3_1/license": SC + "llama-3.1-license-2024",
    "gemma": OA + "gemma" + ANY,
    "gemma-terms-of-use": OA + "gemma" + ANY,
    "Gemma Terms of Use": OA + "gemma" + ANY,
    "https://ai.google.dev/gemma/terms": OA + "gemma" + ANY,
    "tongyi-qianwen": SC + "tongyi-qianwen-2023",
    "Tongyi Qianwen LICENSE AGREEMENT": SC + "tongyi-qianwen-2023",
    "tongyi-qianwen-research": OA + "tongyi-qianwen-research",
    "Tongyi Qianwen RESEARCH LICENSE AGREEMENT": OA + "tongyi-qianwen-research",
    "qwen": SC + "qwen-2024",
    "qwen-research": OA + "qwen-research-2024",
    "Qwen RESEARCH LICENSE AGREEMENT": OA + "qwen-research-2024",
    "deepseek": OA + "deepseek" + ANY,
    "deepseek-license": OA + "deepseek" + ANY,
    "DeepSeek License Agreement v1.0": SC + "deepseek-la-1.0",
    "mnpl": OA + "mistral-mnpl-0.1",
    "mrl": OA + "mistral-mrl-0.1",
    "Mistral AI Research License": OA + "mistral-mrl-0.1",
    "https://mistral.ai/licenses/MRL-0.1.md": OA + "mistral-mrl-0.1",
    "openrail": OA + "openrail" + ANY,
    "OpenRAIL-M": OA + "openrail" + ANY,
    "Open RAIL-M": OA + "openrail" + ANY,
    "openrail++": OA + "creativeml-openrail-pp-m" + ANY,
    "CreativeML Open RAIL++-M License": OA + "creativeml-openrail-pp-m" + ANY,
    "creativeml-openrail-m": SC + "stable-diffusion-2022-08-22",
    "CreativeML Open RAIL-M": SC + "stable-diffusion-2022-08-22",
    "bigscience-bloom-rail-1.0": SC + "bigscience-rail-1.0",
    "bigscience-openrail-m": SC + "bigscience-open-rail-m",
    "bigcode-openrail-m": SC + "bigcode-open-rail-m-v1",
    "BigCode OpenRAIL-M v1": SC + "bigcode-open-rail-m-v1",
    "flux-1-dev-non-commercial-license": OA + "flux-nc" + ANY,
    "FLUX.1 [dev] Non-Commercial License": OA + "flux-nc" + ANY,
    "stabilityai-ai-community": SC + "stability-ai-community-2024",
    "sai-nc-community": OA + "stability-nc-research" + ANY,
    "falcon-llm-license": OA + "falcon" + ANY,
    "TII Falcon LLM License": OA + "falcon" + ANY,
    "falcon-180b-license": OA + "falcon-180b",
    "tencent-hunyuan-community": OA + "hunyuan" + ANY,
    "yi-license": OA + "yi" + ANY,
    "exaone": OA + "exaone" + ANY,
    "glm-4": OA + "glm-4-9b",
    "modified-mit": OA + "modified-mit" + ANY,
    "Modified MIT License": OA + "modified-mit" + ANY,
    "nvidia-open-model-license": OA + "nvidia-open-model-license" + ANY,
    "NVIDIA Open Model Agreement": OA + "nvidia-open-model-agreement-2026",
    "databricks-open-model-license": OA + "databricks-open-model",
    "lfm1.0": OA + "lfm-1.0",
    "apple-amlr": OA + "apple-amlr",
    "apple-ascl": SC + "apple-excl",
    "msrla": OA + "ms-research",
    "coqui-public-model-license": OA + "coqui-cpml-1.0.0",
    "jamba-open-model-license": OA + "jamba-open-model",
    "AI2 ImpACT License - Low Risk Artifacts": OA + "ai2-impact-lr",
    "grok2-community": OA + "grok-2-community",
    "deepfloyd-if-license": OA + "deepfloyd-if",
    "fair-noncommercial-research-license": OA + "fair-nc-research",
    "faipl-1.0-sd": SC + "fair-ai-public-1.0-sd",
    "research use only": OA + "academic-only",
    "non-commercial": OA + "non-commercial",
    "proprietary": SC + "proprietary-license",
    "通用模型许可协议-来源说明-宣传限制-商业授权": OA + "openbmb-gml-commercial",
}

NO_LICENSE = {
    "": "none",
    "none": "none",
    "No license": "none",
    "unknown": "placeholder",
    "undecided": "placeholder",
    "???": "placeholder",
    "-": "placeholder",
    "[More Information Needed]": "placeholder",
    "license": "placeholder",
    "TBD": "placeholder",
    "n/a": "placeholder",
    "other": "other",
    "Other": "other",
    "custom license": "other",
    "see LICENSE file": "other",
    "foo-bar-license": "unknown-name",
    "Acme Model License v3": "unknown-name",
    "https://example.org/research/LICENSE": "other",
}

SEVERAL = {
    "mit and apache-2.0": (("MIT", "Apache-2.0"), "all"),
    "MIT AND Apache-2.0": (("MIT", "Apache-2.0"), "all"),
    "apache-2.0, mit": (("Apache-2.0", "MIT"), "all"),
    "MIT OR Apache-2.0": (("MIT", "Apache-2.0"), "any"),
    "MIT, BSD-3-Clause or Apache-2.0": (("MIT", "BSD-3-Clause", "Apache-2.0"), "any"),
    "mit or gpl-3.0 and cc-by-4.0": (("MIT", "GPL-3.0-only", "CC-BY-4.0"), "unclear"),
    "MIT / Apache-2.0": (("MIT", "Apache-2.0"), "unclear"),
    "[apache-2.0, bsd-3-clause]": (("Apache-2.0", "BSD-3-Clause"), "all"),
    "cc-by-sa-3.0 & gfdl": (("CC-BY-SA-3.0", OA + "gfdl" + ANY), "all"),
}


def test_the_table_is_large_enough() -> None:
    assert len(ONE_LICENSE) + len(NO_LICENSE) + len(SEVERAL) >= 150


@pytest.mark.parametrize(("written", "id_"), ONE_LICENSE.items())
def test_a_spelling_stands_for_its_license(written: str, id_: str) -> None:
    match = resolve_tag(written, load_catalog())
    assert match.licenses == (id_,)
    assert match.joined == "single"
    assert match.kind == ("family" if id_.endswith(ANY) else "known")


@pytest.mark.parametrize(("written", "kind"), NO_LICENSE.items())
def test_a_value_that_names_nothing_known_says_what_it_is(written: str, kind: str) -> None:
    match = resolve_tag(written, load_catalog())
    assert (match.kind, match.licenses) == (kind, ())


@pytest.mark.parametrize(("written", "expected"), SEVERAL.items())
def test_several_names_in_one_value_are_joined_as_the_words_say(
    written: str, expected: tuple[tuple[str, ...], str]
) -> None:
    match = resolve_tag(written, load_catalog())
    assert (match.licenses, match.joined) == expected


@pytest.mark.parametrize(
    ("written", "grant"),
    [
        ("apache-2.0", Grant.OPEN),
        ("MIT OR cc-by-nc-4.0", Grant.OPEN),
        ("MIT AND cc-by-nc-4.0", Grant.RESEARCH_ONLY),
        ("mit or gpl-3.0 and cc-by-nc-4.0", Grant.RESEARCH_ONLY),
        ("llama3.1", Grant.RESTRICTED),
        ("openrail", Grant.RESTRICTED),
        ("cc", Grant.UNDETERMINED),
        ("llama", Grant.UNDETERMINED),
        ("modified-mit", Grant.UNDETERMINED),
        ("other", Grant.UNDETERMINED),
        ("unknown", Grant.UNLICENSED),
        ("???", Grant.UNLICENSED),
        ("Acme Model License v3", Grant.UNDETERMINED),
        ("acme-non-commercial-license", Grant.RESEARCH_ONLY),
        ("acme-research-license", Grant.RESEARCH_ONLY),
        ("Acme Responsible AI License", Grant.UNDETERMINED),
        ("apache-2.0 with non-commercial use", Grant.UNDETERMINED),
        ("MIT (modified)", Grant.UNDETERMINED),
        ("[llama2, other]", Grant.UNDETERMINED),
        ("creativeml-openrail-m other", Grant.UNDETERMINED),
        ("MIT + Commons Clause", Grant.UNDETERMINED),
        ("MIT (non-commercial)", Grant.RESEARCH_ONLY),
        ("Apache-2.0 WITH LLVM-exception", Grant.OPEN),
        ("Apache 2.0 for code, CC BY-NC 4.0 for weights", Grant.RESEARCH_ONLY),
        ("https://example.org/research/LICENSE", Grant.UNDETERMINED),
        ("proprietary", Grant.UNDETERMINED),
    ],
)
def test_the_wording_alone_grants_no_more_than_it_says(written: str, grant: Grant) -> None:
    assert resolve_tag(written, load_catalog()).grant is grant


@pytest.mark.parametrize(
    "written",
    ["BSD-style license", "MIT-like", "University of Oxford", "Mitsubishi", "ApacheSpark", "bsdfoo", "ccc"],
)
def test_a_word_that_only_looks_like_a_license_is_none(written: str) -> None:
    assert resolve_tag(written, load_catalog()).licenses == ()


def test_the_values_of_a_list_bind_together() -> None:
    catalog = load_catalog()
    match = resolve_tags(["mit", "cc-by-nc-4.0"], catalog)
    assert (match.licenses, match.joined, match.grant) == (
        ("MIT", "CC-BY-NC-4.0"),
        "all",
        Grant.RESEARCH_ONLY,
    )
    assert resolve_tags(["mit", "other"], catalog).grant is Grant.UNDETERMINED
    assert resolve_tags(["mit", "unknown"], catalog).grant is Grant.OPEN
    assert resolve_tags([], catalog).kind == "none"
    assert resolve_tags(["unknown"], catalog).grant is Grant.UNLICENSED


def test_only_a_value_in_the_spelling_of_the_hub_or_of_spdx_is_exact() -> None:
    catalog = load_catalog()
    assert resolve_tag("apache-2.0", catalog).exact
    assert not resolve_tag("Apache License 2.0", catalog).exact
