"""`openaudit notices` from outside: the installed command against the localhost Hub."""

from __future__ import annotations

from tests.conftest import ROOT, Command
from tests.hub import HubServer, small_safetensors

LICENSE = """\
Heron Weights License

Copyright (c) 2024 Heron AI and contributors

Everyone may use, copy, change, share and sell the weights for any purpose, provided that this line and the line
above are kept.
"""
LLAMA = """\
---
license: llama3.1
base_model: org/base
---
# A fine-tune

Built on org/base.
"""


def _llama_family(hub: HubServer) -> None:
    base = "---\nlicense: llama3.1\n---\n# Base\n"
    prescribed = (
        "You shall retain in all copies this attribution within a “Notice” text file: “Llama 3.1 is licensed under the "
        "Llama 3.1 Community License, Copyright © Meta Platforms, Inc. All Rights Reserved.”\n"
    )
    hub.add_model(
        "org/base",
        {
            "README.md": base,
            "LICENSE": f"LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n\n{prescribed}",
            "USE_POLICY.md": "# Acceptable use policy\n\nYou agree not to use it for prohibited things.\n",
            "model.safetensors": small_safetensors(),
        },
    )
    hub.add_model("org/tuned", {"README.md": LLAMA, "model.safetensors": small_safetensors()})


def test_a_fine_tune_carries_what_its_base_asks(openaudit: Command, hub: HubServer) -> None:
    _llama_family(hub)
    ran = openaudit("notices", "org/tuned", "-f", "text")
    assert ran.code == 0, ran.err
    for words in (
        "“Built with Llama” (org/tuned)",
        "finetune of org/base",
        "of org/base",
        "Llama 3.1 is licensed under the Llama 3.1 Community License, Copyright © Meta Platforms, Inc.",
        "Acceptable use policy: USE_POLICY.md of org/base",
        "License: LICENSE of org/base",
        "No license text lies in its repository",
    ):
        assert words in ran.out, (words, ran.out)


def test_a_prescribed_notice_that_was_not_read_is_said_to_be_unknown(
    openaudit: Command, hub: HubServer
) -> None:
    hub.add_model(
        "org/l", {"README.md": "---\nlicense: llama3.1\n---\n", "model.safetensors": small_safetensors()}
    )
    ran = openaudit("notices", "org/l", "-f", "text")
    assert "“Built with Llama” (org/l)" in ran.out
    assert "prescribes the words of a Notice file; they were not found" in ran.out


def test_the_pack_links_the_text_at_the_revision_and_the_licenses_page(
    openaudit: Command, hub: HubServer
) -> None:
    hub.add_model(
        "org/a",
        {
            "README.md": "---\nlicense: apache-2.0\n---\n# A\n",
            "LICENSE": "Apache License\nVersion 2.0, January 2004\nhttp://www.apache.org/licenses/\n\nCopyright 2024 Wren\n",
            "NOTICE": "Wren\nCopyright 2023-2024 The Wren Project\n",
            "model.safetensors": small_safetensors(),
        },
    )
    ran = openaudit("notices", "org/a")
    assert ran.code == 0, ran.err
    assert "<https://spdx.org/licenses/Apache-2.0.html>" in ran.out
    assert f"<{hub.url}/org/a/blob/" in ran.out
    assert "/NOTICE>" in ran.out
    assert "Copyright 2023\\-2024 The Wren Project" in ran.out.replace("2023-2024", "2023\\-2024")


def test_two_runs_give_the_same_bytes_whatever_the_order(openaudit: Command, hub: HubServer) -> None:
    _llama_family(hub)
    first = openaudit("notices", "org/tuned", "org/base")
    assert first.out == openaudit("notices", "org/base", "org/tuned").out
    assert first.code == 0


def test_texts_are_copied_only_when_asked_and_only_from_the_repositories(
    openaudit: Command, hub: HubServer
) -> None:
    hub.add_model(
        "org/a",
        {
            "README.md": "---\nlicense: other\n---\n",
            "LICENSE": LICENSE,
            "model.safetensors": small_safetensors(),
        },
    )
    before = sorted(openaudit.folder.iterdir())
    assert openaudit("notices", "org/a").code == 0
    assert [p for p in sorted(openaudit.folder.iterdir()) if p.name not in ("hf", "cache")] == [
        p for p in before if p.name not in ("hf", "cache")
    ]
    ran = openaudit("notices", "org/a", "-o", "NOTICE.md", "--texts", "third party")
    assert ran.code == 0, ran.err
    assert ran.out == ""
    copied = [path for path in (openaudit.folder / "third party").rglob("*") if path.is_file()]
    assert [path.relative_to(openaudit.folder / "third party").as_posix() for path in copied] == [
        "org/a/LICENSE"
    ]
    assert copied[0].read_text() == LICENSE
    assert "Heron AI and contributors" in (openaudit.folder / "NOTICE.md").read_text()


def test_what_cannot_be_read_is_said_and_the_rest_is_written(openaudit: Command, hub: HubServer) -> None:
    hub.add_model(
        "org/a", {"README.md": "---\nlicense: mit\n---\n", "model.safetensors": small_safetensors()}
    )
    ran = openaudit("notices", "org/a", "org/gone", "-f", "text")
    assert ran.code == 3
    assert "MIT License (MIT)" in ran.out
    assert "Nothing is known of its license: it could not be read." in ran.out
    assert "org/gone" in ran.err


def test_a_model_without_a_license_is_said_to_have_none_known(openaudit: Command, hub: HubServer) -> None:
    hub.add_model("org/bare", {"README.md": "# Bare\n", "model.safetensors": small_safetensors()})
    ran = openaudit("notices", "org/bare", "-f", "text")
    assert "Not known" in ran.out
    assert "Its license is not known" in ran.out


def test_a_folder_that_is_a_model_is_one(openaudit: Command) -> None:
    ran = openaudit("notices", str(ROOT / "examples" / "tiny-weather"), "-f", "text")
    assert ran.code == 0, ran.err
    assert "Apache License 2.0 (Apache-2.0)" in ran.out
    assert str(ROOT) not in ran.out


def test_a_folder_of_code_stands_for_what_it_uses(openaudit: Command, hub: HubServer) -> None:
    hub.add_model(
        "acme/a", {"README.md": "---\nlicense: mit\n---\n", "model.safetensors": small_safetensors()}
    )
    app = openaudit.folder / "app"
    app.mkdir()
    (app / "serve.py").write_text(
        "from transformers import AutoModel\n\nAutoModel.from_pretrained('acme/a')\nAutoModel.from_pretrained('acme/a')\n"
    )
    for arguments in (("app",), ("./app",)):
        ran = openaudit("notices", *arguments, "-f", "text")
        assert ran.code == 0, ran.err
        assert ran.out.count("MIT License (MIT)") == 1


def test_a_folder_of_code_without_models_says_so(openaudit: Command) -> None:
    empty = openaudit.folder / "empty"
    empty.mkdir()
    ran = openaudit("notices", "empty", "-f", "text")
    assert ran.code == 0, ran.err
    assert "No model or dataset is used here." in ran.out


def test_words_that_name_nothing_are_wrong_usage(openaudit: Command) -> None:
    ran = openaudit("notices", "not a name!")
    assert ran.code == 2
    assert "openaudit:" in ran.err


def test_offline_opens_no_connection(openaudit: Command, hub: HubServer) -> None:
    hub.add_model(
        "org/a", {"README.md": "---\nlicense: mit\n---\n", "model.safetensors": small_safetensors()}
    )
    assert openaudit("notices", "org/a", "--offline").code == 3
    assert len(hub.requests) == 0
    online = openaudit("notices", "org/a")
    seen = len(hub.requests)
    assert openaudit("notices", "org/a", "--offline").out == online.out
    assert len(hub.requests) == seen
