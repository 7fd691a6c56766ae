"""Which license binds: text, prose and tags compared, the strictest that speaks of the weights, and its bases."""

from __future__ import annotations

import pytest

from openaudit.vocabulary import Grant, LicenseFinding, Severity, Unread
from tests.scanners.scenes import WEIGHTS, Made, card_with, judge, judge_card

LLAMA2 = "LicenseRef-scancode-llama-2-license-2023"
LLAMA3 = "LicenseRef-openaudit-llama-3-community"
NC = "CC-BY-NC-4.0"


def bound(made: Made) -> tuple[str | None, str]:
    license_ = judge(made).license
    return license_.effective, license_.grant.value


def of_card(card: str, id_: str = "acme/wombat-7b", **texts: str) -> tuple[str | None, str]:
    return bound(Made(texts={"README.md": card, **texts}, id=id_))


# ---------------------------------------------------------------- the sources of one repository


@pytest.mark.parametrize(
    ("card", "texts", "expected"),
    [
        (card_with("x", license="mit"), {}, ("MIT", "open")),
        (card_with("Released under the CC-BY-NC-4.0 license.", license="mit"), {}, (NC, "research-only")),
        (card_with("Released under the MIT license.", license="cc-by-nc-4.0"), {}, (NC, "research-only")),
        (card_with("Released under the MIT license."), {}, ("MIT", "open")),
        (card_with("x", license="mit"), {"LICENSE": "CC-BY-NC-4.0"}, (NC, "research-only")),
        (card_with("x", license="apache-2.0"), {"LICENSE": "Released under the MIT license."}, ("MIT", "open")),
        (card_with("x", license="[mit, cc-by-nc-4.0]"), {}, (NC, "research-only")),
        (card_with("x", license="[mit, apache-2.0]"), {}, ("MIT", "open")),
        (card_with("Under either CC-BY-NC-4.0 or the MIT license at your option."), {}, (f"{NC} OR MIT", "open")),
        (card_with("For non-commercial use only.", license="mit"), {}, (None, "research-only")),
        (card_with("Intended for research.", license="mit"), {}, ("MIT", "open")),
        (card_with("x", license="other", license_name="llama3"), {}, (LLAMA3, "restricted")),
        (card_with("x", license="other"), {}, (None, "undetermined")),
        (card_with("x", license="other", license_name="wombat-license"), {}, (None, "undetermined")),
        (card_with("Released under the Wombat Community License."), {}, (None, "undetermined")),
        (card_with("x", license="wombat-9000"), {}, (None, "undetermined")),
        (card_with("x", license="unknown"), {}, (None, "unlicensed")),
        (card_with("x", license="'???'"), {}, (None, "unlicensed")),
        (card_with("x", license="''"), {}, (None, "unlicensed")),
        ("Words.", {}, (None, "unlicensed")),
        (card_with("<!-- Released under the MIT license. -->"), {}, (None, "unlicensed")),
        (card_with("The code is released under the MIT license."), {}, (None, "unlicensed")),
        (card_with("x"), {"LICENSE-CODE": "MIT License"}, (None, "unlicensed")),
        (card_with("The paper is licensed under CC BY 4.0."), {}, (None, "unlicensed")),
        (card_with("The code is released under the MIT license.", license="cc-by-nc-4.0"), {}, (NC, "research-only")),
        (card_with("Code is released under MIT, model weights are released under CC-BY-NC 4.0."), {}, (NC, "research-only")),
        ("---\nlicence: mit\n---\n", {}, ("MIT", "open")),
        ("----\nlicense: mit\n---\n", {}, ("MIT", "open")),
        ("Words.\n\n---\nlicense: mit\n---\n", {}, ("MIT", "open")),
        (card_with("x", license="mit"), {"USE_POLICY.md": "You must not use it for war."}, (None, "restricted")),
        (card_with("x", license="gpl-3.0"), {}, ("GPL-3.0-only", "open")),
        (card_with("x", license="cc-by-nd-4.0"), {}, ("CC-BY-ND-4.0", "research-only")),
    ],
)  # fmt: skip
def test_the_strictest_source_that_speaks_of_the_weights_binds(
    card: str, texts: dict[str, str], expected: tuple[str | None, str]
) -> None:
    assert of_card(card, **texts) == expected


@pytest.mark.parametrize(
    ("texts", "decided"),
    [
        (
            {
                "README.md": card_with("Released under the MIT license.", license="mit"),
                "LICENSE": "MIT License",
            },
            "text",
        ),
        ({"README.md": card_with("Released under the MIT license.", license="mit")}, "prose"),
        ({"README.md": card_with("x", license="mit")}, "tag"),
    ],
)
def test_of_sources_that_agree_the_strongest_is_the_one_that_decides(
    texts: dict[str, str], decided: str
) -> None:
    assert judge(Made(texts=texts)).license.decided_by[0].kind.value == decided


@pytest.mark.parametrize(
    ("unread", "card", "expected"),
    [
        (Unread(path="README.md", reason="gated", message="gated"), None, "undetermined"),
        (Unread(path="README.md", reason="not-found", message="gone"), None, "undetermined"),
        (Unread(path="LICENSE", reason="too-large", message="too large"), "Words.", "undetermined"),
        (Unread(path="LICENSE", reason="too-large", message="too large"), card_with("x", license="mit"), "undetermined"),
        (Unread(path="LICENSE", reason="too-large", message="too large"), card_with("x", license="cc-by-nc-4.0"), "research-only"),
        (Unread(path="LICENSE", reason="not-found", message="gone"), "Words.", "unlicensed"),
        (Unread(path="config.json", reason="network", message="cut"), "Words.", "unlicensed"),
    ],
)  # fmt: skip
def test_nothing_said_is_undetermined_where_a_place_that_counts_was_not_seen(
    unread: Unread, card: str | None, expected: str
) -> None:
    texts = {} if card is None else {"README.md": card}
    assert bound(Made(texts=texts, unread=(unread,)))[1] == expected


def test_a_listing_that_broke_off_leaves_nothing_said_undetermined() -> None:
    assert bound(Made(texts={"README.md": "Words."}, listing_complete=False)) == (None, "undetermined")


def test_a_hub_card_that_was_only_seen_as_metadata_counts() -> None:
    unread = Unread(path="README.md", reason="gated", message="gated")
    assert bound(Made(unread=(unread,), metadata={"cardData": {"license": "mit"}})) == ("MIT", "open")


def test_a_license_text_behind_its_link_counts_as_one() -> None:
    link = "https://huggingface.co/acme/base/blob/main/LICENSE"
    card = card_with("x", license="other", license_link=link)
    made = Made(
        texts={"README.md": card},
        behind_links={"acme/base@main": ("LICENSE", "Released under the CC-BY-NC-4.0 license.")},
    )
    assert bound(made) == (NC, "research-only")


def test_legible_but_malformed_metadata_is_surer_when_it_is_not_malformed() -> None:
    kinds = {c.kind for c in judge_card("---\nlicence: mit\n---\n").license.conflicts}
    assert kinds == {"misspelt-key"}


# ---------------------------------------------------------------- derivatives


@pytest.mark.parametrize(
    ("id_", "card", "expected"),
    [
        # the stricter of both binds
        ("acme/w", card_with("x", license="apache-2.0", base_model="meta-llama/Llama-2-7b-hf"), (LLAMA2, "restricted")),
        ("acme/w", card_with("x", license="cc-by-nc-4.0", base_model="meta-llama/Llama-2-7b-hf"), (NC, "research-only")),
        ("acme/w", card_with("x", license="llama2", base_model="meta-llama/Llama-2-7b-hf"), (LLAMA2, "restricted")),
        ("acme/w", card_with("x", license="mit", base_model="mistralai/Mistral-7B-v0.1"), ("MIT", "open")),
        ("acme/w", card_with("x", license="mit", base_model="nobody/knows"), ("MIT", "open")),
        ("acme/w", card_with("x", license="mit", base_model="[mistralai/Mistral-7B-v0.1, meta-llama/Llama-2-7b-hf]"),
         (LLAMA2, "restricted")),
        ("acme/Llama-2-7b-wombat", card_with("x", license="mit"), (LLAMA2, "restricted")),
        # a mechanical copy carries its base's license, a fine-tune does not
        ("acme/w-GGUF", card_with("x", base_model="meta-llama/Llama-2-7b-hf"), (LLAMA2, "restricted")),
        ("acme/w-AWQ", card_with("x", base_model="mistralai/Mistral-7B-v0.1"), ("Apache-2.0", "open")),
        ("acme/w-GGUF", card_with("x", base_model="meta-llama/Llama-2-7b-hf", license="unknown"), (LLAMA2, "restricted")),
        ("acme/w-GGUF", card_with("x", base_model="nobody/knows"), (None, "undetermined")),
        ("meta-llama/w-GGUF", card_with("x", base_model="meta-llama/Llama-2-7b-hf"), (LLAMA2, "restricted")),
        ("acme/w-GGUF", card_with("x", base_model="acme/w"), (None, "undetermined")),
        ("acme/w-GGUF", card_with("x", base_model="nobody/knows", license="mit"), ("MIT", "open")),
        ("acme/w", card_with("x", base_model="nobody/knows"), (None, "unlicensed")),
        ("acme/w", card_with("x", base_model="meta-llama/Llama-2-7b-hf"), (None, "unlicensed")),
        ("acme/w-lora", card_with("x", base_model="meta-llama/Llama-2-7b-hf"), (None, "unlicensed")),
        ("acme/w-merge", card_with("x", base_model="meta-llama/Llama-2-7b-hf"), (None, "unlicensed")),
        # the same maker may relicense
        ("meta-llama/Wombat", card_with("x", license="mit", base_model="meta-llama/Llama-2-7b-hf"), ("MIT", "open")),
        # unknown over restricted, unknown over research-only
        ("acme/w", card_with("x", license="other", base_model="meta-llama/Llama-2-7b-hf"), (None, "undetermined")),
        ("acme/w", card_with("x", license="other", base_model="facebook/galactica-6.7b"), (NC, "research-only")),
    ],
)  # fmt: skip
def test_a_derivative_grants_no_more_than_its_bases(
    id_: str, card: str, expected: tuple[str | None, str]
) -> None:
    assert of_card(card, id_) == expected


def test_unknown_terms_over_a_restricted_base_are_at_most_restricted() -> None:
    report = judge_card(card_with("x", license="other", base_model="meta-llama/Llama-2-7b-hf"), id="acme/w")
    assert report.level == "undetermined"
    assert "at most restricted-weight" in report.headline.lower()


def test_an_inherited_license_is_less_sure_and_told() -> None:
    report = judge_card(card_with("x", base_model="meta-llama/Llama-2-7b-hf"), id="acme/w-GGUF")
    assert report.license.confidence <= 0.7
    assert "inherited-license" in {finding.rule for finding in report.findings}


def test_a_copy_of_what_was_not_read_says_that_it_was_not() -> None:
    report = judge_card(card_with("x", base_model="nobody/knows"), id="acme/w-GGUF")
    assert "nobody/knows" in report.headline
    assert "missing-license" not in {finding.rule for finding in report.findings}


def test_a_base_that_nobody_licensed_licenses_nothing() -> None:
    report = judge_card(card_with("x", license="apache-2.0", base_model="miqudev/miqu-1-70b"), id="acme/w")
    assert (report.level, report.license.grant) == ("unlicensed", Grant.UNLICENSED)


# ---------------------------------------------------------------- conflicts


def conflicts(license_: LicenseFinding) -> list[tuple[str, Severity]]:
    return [(conflict.kind, conflict.severity) for conflict in license_.conflicts]


CRITICAL, WARNING, NOTE = Severity.CRITICAL, Severity.WARNING, Severity.NOTE


@pytest.mark.parametrize(
    ("card", "texts", "expected"),
    [
        (card_with("Released under the MIT license.", license="mit"), {"LICENSE": "MIT License"}, []),
        (card_with("x", license="mit"), {"LICENSE": "Released under the CC-BY-NC-4.0 license."}, [("tag-vs-text", CRITICAL)]),
        (card_with("x", license="mit"), {"LICENSE": "Released under the Apache-2.0 license."}, [("tag-vs-text", WARNING)]),
        (card_with("Released under the CC-BY-NC-4.0 license.", license="mit"), {}, [("tag-vs-prose", CRITICAL)]),
        (card_with("Released under the Apache-2.0 license.", license="mit"), {}, [("tag-vs-prose", WARNING)]),
        (card_with("For non-commercial use only.", license="mit"), {}, [("tag-vs-prose", CRITICAL)]),
        (card_with("For non-commercial use only.", license="cc-by-nc-4.0"), {}, []),
        (card_with("Released under a Creative Commons license.", license="cc-by-4.0"), {}, []),
        (card_with("Released under the GPL-3.0-or-later license.", license="gpl-3.0"), {}, []),
        (card_with("The code is released under the MIT license.", license="cc-by-nc-4.0"), {}, []),
        (card_with("<!-- Released under the CC-BY-NC-4.0 license. -->", license="mit"), {}, []),
        (card_with("x", license="[mit, cc-by-nc-4.0]"), {}, [("list-contradiction", CRITICAL)]),
        (card_with("x", license="[mit, apache-2.0]"), {}, [("list-contradiction", WARNING)]),
        (card_with("Licensed under either MIT or Apache-2.0 at your option.", license="[mit, apache-2.0]"), {}, []),
        (card_with("x", license="mit", license_link="https://huggingface.co/other/repo/blob/main/LICENSE"), {},
         [("link-elsewhere", WARNING)]),
        (card_with("x", license="mit", license_link="https://huggingface.co/acme/repo/blob/main/LICENSE"), {}, [("link-elsewhere", NOTE)]),
        (card_with("x", license="mit", license_link="https://huggingface.co/acme/wombat-7b/blob/main/LICENSE"), {}, []),
        (card_with("x", license="mit", license_link="htps://a.b/c"), {}, [("broken-link", WARNING)]),
        ("---\nlicence: mit\n---\n", {}, [("misspelt-key", WARNING)]),
        ("---\nlicense: mit\ntags: [\n---\n", {}, [("malformed-metadata", WARNING)]),
        ("---\nlicense: mit\n\n# T\n", {}, [("malformed-metadata", WARNING)]),
        ("Words.\n\n---\nlicense: mit\n---\n", {}, [("malformed-metadata", WARNING)]),
        (card_with("x", license="'???'"), {}, [("malformed-metadata", WARNING)]),
        (card_with("x", license="unknown"), {}, []),
        (card_with("x", license="mit", base_model="meta-llama/Llama-2-7b-hf"), {}, [("tag-vs-base", CRITICAL)]),
        (card_with("x", license="cc-by-nc-4.0", base_model="meta-llama/Llama-2-7b-hf"), {}, []),
        (card_with("x", license="llama3", base_model="meta-llama/Llama-2-7b-hf"), {}, [("tag-vs-base", WARNING)]),
        (card_with("x", license="llama2", base_model="meta-llama/Llama-2-7b-hf"), {}, []),
        (card_with("x", license="mit", base_model="mistralai/Mistral-7B-v0.1"), {}, []),
    ],
)  # fmt: skip
def test_each_disagreement_has_its_kind_and_severity(
    card: str, texts: dict[str, str], expected: list[tuple[str, Severity]]
) -> None:
    assert conflicts(judge(Made(texts={"README.md": card, **texts})).license) == expected


def test_a_conflict_names_both_sides_with_their_places_and_is_a_finding() -> None:
    report = judge_card(card_with("Released under the CC-BY-NC-4.0 license.", license="mit"))
    (conflict,) = report.license.conflicts
    assert [str(s.where) for s in conflict.between] == ["README.md:2", "README.md:4"]
    assert report.findings[0].rule == "license-conflict/tag-vs-prose"
    assert report.findings[0].fix


def test_the_worst_conflict_comes_first() -> None:
    card = card_with("Released under the CC-BY-NC-4.0 license.", licence="mit", license_link="htps://a.b")
    found = [severity for _, severity in conflicts(judge_card(card).license)]
    assert found == sorted(found, key=list(Severity).index)
    assert found[0] is CRITICAL


# ---------------------------------------------------------------- what the order of things must not change


@pytest.mark.parametrize("turn", [1, -1])
def test_the_order_of_files_and_texts_changes_no_verdict(turn: int) -> None:
    card = card_with("x", license="mit")
    texts = {
        "README.md": card,
        "LICENSE": "MIT License",
        "LICENSE-MODEL": "Released under the CC-BY-NC-4.0 license.",
    }
    made = Made(texts=dict(list(texts.items())[::turn]), files=("a.bin", "b.safetensors", *WEIGHTS)[::turn])
    report = judge(made)
    assert (report.level, report.license.effective, report.score) == ("research-only", NC, judge(made).score)
