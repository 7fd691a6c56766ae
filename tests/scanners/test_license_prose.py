"""License statements in the words of a card: which license, of what, and with which limits."""

from __future__ import annotations

import pytest

from openaudit.vocabulary import Grant, LicenseStatement, StatementKind
from tests.scanners.scenes import Made, card_with, prose, scan, scan_card

MIT, APACHE, NC = "MIT", "Apache-2.0", "CC-BY-NC-4.0"
NC_SA, ODC = "CC-BY-NC-SA-4.0", "ODC-By-1.0"
LLAMA2, LLAMA3 = "LicenseRef-scancode-llama-2-license-2023", "LicenseRef-openaudit-llama-3-community"
STARCODER, SD = (
    "LicenseRef-scancode-bigcode-open-rail-m-v1",
    "LicenseRef-scancode-stable-diffusion-2022-08-22",
)
NON_COMMERCIAL = "LicenseRef-openaudit-non-commercial"

Row = tuple[str, str, str]
"""Report ids joined by blanks, scope, grant."""


def rows(statements: list[LicenseStatement]) -> list[Row]:
    return [(" ".join(s.licenses), " ".join(sorted(s.scope)), s.grant.value) for s in statements]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # plain sentences
        ("Released under the MIT License.", [(MIT, "release", "open")]),
        ("This model is licensed under Apache 2.0.", [(APACHE, "weights", "open")]),
        ("The model is released under the Apache-2.0 license.", [(APACHE, "weights", "open")]),
        ("Wombat is released under Apache 2.0", [(APACHE, "release", "open")]),
        ("All models are released under Apache 2.0.", [(APACHE, "weights", "open")]),
        ("The license of the model is MIT.", [(MIT, "weights", "open")]),
        ('Licensed under the Apache License, Version 2.0 (the "License").', [(APACHE, "release", "open")]),
        ("The model is open source under the permissive MIT license.", [(MIT, "weights", "open")]),
        ("The LoRA adapter is released under cc-by-nc-4.0.", [(NC, "weights", "research-only")]),
        ("Released under the CreativeML OpenRAIL-M license.", [(SD, "release", "restricted")]),
        ("This model is subject to the Llama 3 Community License.", [(LLAMA3, "weights", "restricted")]),
        ("The model inherits the Llama 2 license.", [(LLAMA2, "weights", "restricted")]),
        ("This model is released under a non-commercial license.", [(NON_COMMERCIAL, "weights", "research-only")]),
        ("By using this model you agree to the Gemma Terms of Use.", [("LicenseRef-openaudit-gemma-unknown-version",
         "weights", "restricted")]),
        # which part
        ("The code in this repository is licensed under the MIT License.", [(MIT, "code", "open")]),
        ("The evaluation code is licensed under GPL-3.0.", [("GPL-3.0-only", "code", "open")]),
        ("The model code is licensed under the MIT license.", [(MIT, "code", "open")]),
        ("This model card is licensed under CC BY 4.0.", [("CC-BY-4.0", "docs", "open")]),
        ("The paper is licensed under CC BY 4.0.", [("CC-BY-4.0", "docs", "open")]),
        ("The dataset is licensed under CC BY 4.0.", [("CC-BY-4.0", "data", "open")]),
        ("The tokenizer is licensed under MIT.", [(MIT, "part", "open")]),
        ("This repository is under the MIT license.", [(MIT, "release", "open")]),
        ("Code is released under MIT, model weights are released under CC-BY-NC 4.0.", [(MIT, "code", "open"), (NC,
         "weights", "research-only")]),
        ("The code is MIT licensed; the weights are licensed under CC BY-NC 4.0.", [(MIT, "code", "open"), (NC,
         "weights", "research-only")]),
        ("The model weights are distributed under the CC BY-NC-SA 4.0 license, while the code is released under Apache 2.0.",
         [(NC_SA, "weights", "research-only"), (APACHE, "code", "open")]),
        ("The model and the code are released under the MIT license.", [(MIT, "code weights", "open")]),
        # labels, sections and tables
        ("**License:** MIT", [(MIT, "release", "open")]),
        ("License: apache-2.0", [(APACHE, "release", "open")]),
        ("- **License:** CC-BY-NC-4.0", [(NC, "release", "research-only")]),
        ("Model license: Llama 2 Community License Agreement", [(LLAMA2, "weights", "restricted")]),
        ("- Code License: Apache 2.0\n- Model License: CC BY-NC 4.0", [(APACHE, "code", "open"), (NC, "weights", "research-only")]),
        ("License: other", [("", "release", "undetermined")]),
        ("# License\n\nMIT", [(MIT, "release", "open")]),
        ("# License\n\nApache License 2.0", [(APACHE, "release", "open")]),
        ("## License\n\nThis project is under the BSD 3-Clause license.", [("BSD-3-Clause", "release", "open")]),
        ("## Licenses\n\n- Code: MIT\n- Weights: CC-BY-NC-4.0\n- Data: ODC-By", [(MIT, "code", "open"), (NC,
         "weights", "research-only"), (ODC, "data", "open")]),
        ("## License\n\n- FFmpeg: LGPL-2.1\n- Wombat weights: MIT", [("LGPL-2.1-only", "part", "open"), (MIT, "weights", "open")]),
        ("| Property | Value |\n|---|---|\n| License | Apache 2.0 |", [(APACHE, "release", "open")]),
        ("| Model | License |\n|---|---|\n| wombat-7b | MIT |\n| other-9b | cc-by-nc-4.0 |", [(MIT, "weights", "open")]),
        # choices and lists
        ("Licensed under either MIT or Apache-2.0 at your option.", [("MIT Apache-2.0", "release", "open")]),
        ("Dual-licensed under MIT and Apache 2.0.", [("MIT Apache-2.0", "release", "open")]),
        ("You may choose the MIT or the GPL-3.0 license.", [("MIT GPL-3.0-only", "release", "open")]),
        ("You may use it under CC BY-NC 4.0 or the MIT license.", [(f"{NC} MIT", "release", "open")]),
        ("It is under the MIT license and the CC-BY-NC-4.0 license.", [(f"MIT {NC}", "release", "research-only")]),
        # of others
        ("Unlike Llama 2, which is released under a custom license, wombat is released under Apache 2.0.", [(APACHE, "release", "open")]),
        ("Unlike Llama 2, wombat is released under the Apache 2.0 license.", [(APACHE, "release", "open")]),
        ("Unlike other models, which are for non-commercial use only, ours is free.", []),
        ("acme/wombat-13b: released under cc-by-nc-4.0", []),
        ("Wombat-7B-Chat is released under CC-BY-NC-4.0.", []),
        ("# Other models\n\n- Koala is released under the CC-BY-NC-4.0 license.", []),
        ("- Koala-13B\n  - License: CC-BY-NC-4.0", []),
        ("The 13B model is under a research license, the 7B model is released under Apache 2.0.", [(APACHE, "weights", "open")]),
        ("It uses the same license as StarCoder.", [(STARCODER, "release", "restricted")]),
        ("If you use the chat version, the CC-BY-NC-4.0 license applies.", []),
        ("Made with MIT-licensed tools at MIT.", []),
        ("The authors are at MIT and Stanford.", []),
        # data that others licensed
        ("Trained on permissively licensed code.", []),
        ("It was trained on code licensed under MIT and Apache 2.0.", []),
        ("The training data consists of permissively licensed code from The Stack (MIT, Apache 2.0).", []),
        # intent is no limit
        ("The model is intended for research.", []),
        ("This model is intended for research use.", []),
        ("Intended for research purposes only.", []),
        ("It was developed by our research team for academic exchange.", []),
        ("The model may be used for commercial and non-commercial purposes.", []),
        ("Free for both research and commercial use.", []),
        # limits without a license
        ("The model is for research purposes only.", [("", "weights", "research-only")]),
        ("For academic research only.", [("", "release", "research-only")]),
        ("This model should not be used for any commercial purpose.", [("", "weights", "research-only")]),
        ("Commercial use is not permitted.", [("", "release", "research-only")]),
        ("You may not use this model commercially.", [("", "weights", "research-only")]),
        ("Non-commercial use only.", [("", "release", "research-only")]),
        ("# License\n\nThe weights are for non-commercial use only.", [("", "weights", "research-only")]),
        ("If you have more than 700 million monthly active users, you must request a license.", [("", "release", "restricted")]),
        # limits beside a license
        ("The model is licensed under Apache 2.0, free for commercial use after registration by e-mail.", [(APACHE,
         "weights", "restricted")]),
        ("Apache 2.0 license under the condition that the model is not used to compete with OpenAI.", [(APACHE, "weights", "restricted")]),
        ("The model is available under the Apache 2.0 license with additional use restrictions.", [(APACHE, "weights", "restricted")]),
        # licenses that nobody knows
        ("It is released under the Wombat Community License.", [("", "release", "undetermined")]),
        ("The model is governed by the Wombat Model License Agreement.", [("", "weights", "undetermined")]),
        ("Use of this model is governed by the Acme license.", [("", "weights", "undetermined")]),
        # nothing
        ("See the LICENSE file.", []),
        ("A license plate detector: it reads license plates.", []),
        ("```\n# License: MIT\nprint('Released under the MIT license')\n```", []),
        # Chinese
        ("模型代码采用 Apache-2.0 许可证，模型权重采用 MIT 协议。", [(APACHE, "code", "open"), (MIT, "weights", "open")]),
        ("本项目遵循 Apache-2.0 协议。", [(APACHE, "release", "open")]),
        ("代码依照 Apache-2.0 协议开源，模型权重的使用则需要遵循 Model License。", [(APACHE, "code", "open"), ("", "weights",
         "undetermined")]),
        ("本模型仅供学术研究使用，不得用于商业用途。", [("", "weights", "research-only"), ("", "weights", "research-only")]),
    ],
)  # fmt: skip
def test_a_sentence_says_which_license_of_what_and_what_it_grants(text: str, expected: list[Row]) -> None:
    assert rows(prose(text)) == expected


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The model is released under the CC-BY-NC-4.0 license.", {"non-commercial"}),
        (
            "Free for commercial use after registration, under the Apache 2.0 license.",
            {"by-approval", "patent-ends"},
        ),
        (
            "This model is subject to the Llama 3 Community License.",
            {"user-threshold", "naming", "acceptable-use"},
        ),
        ("This model should not be used for any commercial purpose.", {"non-commercial"}),
        ("For academic research only.", {"research-only"}),
        ("More than 5 million monthly active users need a license.", {"user-threshold"}),
    ],
)
def test_a_statement_carries_the_terms_of_its_license_and_of_its_words(text: str, terms: set[str]) -> None:
    (made,) = prose(text)
    assert terms <= set(made.terms)


def test_a_limit_that_the_words_add_to_a_license_is_told_apart_from_its_own() -> None:
    (own,) = prose("Released under the CC-BY-NC-4.0 license for non-commercial use only.")
    (added,) = prose("Released under the MIT license for non-commercial use only.")
    assert own.added == ()
    assert "non-commercial-only" in added.added
    assert (own.grant, added.grant) == (Grant.RESEARCH_ONLY, Grant.RESEARCH_ONLY)


@pytest.mark.parametrize("text", ["License: unknown", "License: TBD", "# License\n\nTBD", "License: ???"])
def test_a_placeholder_in_prose_claims_nothing(text: str) -> None:
    found = [s for s in scan_card(text).statements if s.kind is StatementKind.PROSE]
    assert [s.claimed for s in found] in ([False], [])


@pytest.mark.parametrize(
    "card",
    [
        "Words.\n\n<!-- Released under the MIT license. -->",
        "Words. <!-- This model is licensed under Apache 2.0. --> More.",
        "<!--\n# License\n\nMIT License\n",
    ],
)
def test_what_stands_in_a_comment_is_no_statement_to_a_reader(card: str) -> None:
    found = scan_card(card).statements
    assert all(not s.claimed and "HTML comment" in s.note for s in found)
    assert prose(card) == []


def test_the_agreement_in_a_gate_prompt_names_the_license() -> None:
    card = card_with(
        "Words.", license="other", extra_gated_prompt='"### LLAMA 3 COMMUNITY LICENSE AGREEMENT\\nwords"'
    )
    (gate,) = [s for s in scan_card(card).statements if s.note == "from the terms of the gate"]
    assert (gate.licenses, gate.grant) == ((LLAMA3,), Grant.RESTRICTED)


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ({"license": "mit"}, [("tag", MIT, "open")]),
        ({"license": "MIT"}, [("tag", MIT, "open")]),
        ({"license": "other"}, [("tag", "", "undetermined")]),
        ({"license": "other", "license_name": "llama3"}, [("tag", "", "undetermined"), ("name", LLAMA3, "restricted")]),
        ({"license": "[mit, cc-by-nc-4.0]"}, [("tag", MIT, "open"), ("tag", NC, "research-only")]),
        ({"license": "unknown"}, [("tag", "", "unlicensed")]),
        ({"license": "''"}, [("tag", "", "unlicensed")]),
        ({"license": "wombat-9000"}, [("tag", "", "undetermined")]),
        ({"licence": "apache-2.0"}, [("tag", APACHE, "open")]),
        ({"license-name": "apache-2.0"}, [("name", APACHE, "open")]),
        ({"license": "mit", "commercial": "no"}, [("tag", MIT, "open"), ("name", NON_COMMERCIAL, "research-only")]),
        ({"license_link": "LICENSE"}, [("link", "", "undetermined")]),
        ({"license_link": "https://creativecommons.org/licenses/by-nc/4.0/"}, [("link", NC, "research-only")]),
    ],
)  # fmt: skip
def test_the_metadata_says_what_its_tag_name_and_link_say(
    front: dict[str, str], expected: list[tuple[str, str, str]]
) -> None:
    found = scan_card(card_with("Words.", **front)).statements
    assert [(s.kind.value, " ".join(s.licenses), s.grant.value) for s in found] == expected


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("LICENSE", "release"),
        ("LICENSE.md", "release"),
        ("COPYING", "release"),
        ("LICENSE-CODE", "code"),
        ("LICENSE-MODEL", "weights"),
        ("MODEL_LICENSE", "weights"),
        ("LICENSE_DATA.txt", "data"),
        ("vendor/LICENSE", "part"),
        ("weights/LICENSE", "weights"),
    ],
)
def test_a_license_file_speaks_of_what_its_name_and_folder_say(path: str, scope: str) -> None:
    files = ("model.safetensors", "weights/a.safetensors", "vendor/a.py")
    seen = scan(Made(texts={path: "Released under the Apache License, Version 2.0."}, files=files))
    (text,) = [s for s in seen.statements if s.kind is StatementKind.TEXT]
    assert text.scope == {scope}
    assert text.where.path == path


def test_the_plain_license_is_the_codes_where_the_weights_have_their_own() -> None:
    texts = {"LICENSE": "MIT License", "LICENSE-MODEL": "Creative Commons Attribution-NonCommercial 4.0"}
    seen = scan(Made(texts=texts))
    assert {s.where.path: set(s.scope) for s in seen.statements} == {
        "LICENSE": {"code"}, "LICENSE-MODEL": {"weights"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "restricts"),
    [
        ("You agree not to use it for war. Prohibited uses follow.", True),
        ("Please obey the law of your land.", False),
    ],
)
def test_a_use_policy_restricts_where_it_prohibits_anything(text: str, restricts: bool) -> None:
    seen = scan(Made(texts={"USE_POLICY.md": text}))
    assert [s.grant for s in seen.statements] == ([Grant.RESTRICTED] if restricts else [])


def test_statements_stand_on_the_line_of_their_sentence() -> None:
    card = "---\nlicense: mit\n---\n# T\n\nFirst line,\nthen the model is\nreleased under the MIT license.\n\n- a\n- License: MIT\n"
    found = {s.says: s.where.lines for s in scan_card(card).statements}
    assert found["mit"] == (2, 2)
    assert found["MIT"] == (11, 11)
    assert any(lines is not None and lines[1] == 8 for lines in found.values())


@pytest.mark.xfail(strict=True, reason="the words of rules/cards or the catalog are missing")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This model is free for commercial use after registration.", [("", "weights", "restricted")]),
        ("This model is in the public domain.", [("LicenseRef-scancode-public-domain", "weights", "open")]),
        ("Model weights: MIT. Training data: CC-BY-SA-3.0.", [(MIT, "weights", "open"), ("CC-BY-SA-3.0", "data", "open")]),
        ("We thank the authors of Koala, licensed under GPL-3.", []),
        ("The license is the same as that of the base model.", [("", "release", "undetermined")]),
    ],
)  # fmt: skip
def test_sentences_that_are_not_understood_yet(text: str, expected: list[Row]) -> None:
    assert rows(prose(text)) == expected
