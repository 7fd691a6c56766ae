"""`openaudit license` from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Command
from tests.hub import HubServer, small_safetensors

APACHE = ROOT / "LICENSE"


def changed(words: str, instead: str) -> str:
    text = APACHE.read_text()
    assert words in text
    return text.replace(words, instead, 1)


def test_our_own_license_is_recognised_word_for_word(openaudit: Command) -> None:
    ran = openaudit("license", str(APACHE), "-f", "json")
    assert ran.code == 0, ran.err
    (file,) = json.loads(ran.out)["files"]
    assert file["expression"] == "Apache-2.0"
    assert file["matches"][0]["modified"] is False
    assert file["terms"]["commercial_use"] == "yes"


def test_a_changed_word_is_never_silent(openaudit: Command, tmp_path: Path) -> None:
    Path(tmp_path, "LICENSE").write_text(
        changed("worldwide, non-exclusive, no-charge", "worldwide, non-exclusive")
    )
    (file,) = json.loads(openaudit("license", "LICENSE", "-f", "json").out)["files"]
    assert file["expression"] != "Apache-2.0"
    match = file["matches"][0]
    assert (match["modified"], match["base"]) == (True, "Apache-2.0")
    assert any("charge" in edit["words"] for edit in match["removed"])


def test_diff_shows_what_was_added_and_left_out(openaudit: Command, tmp_path: Path) -> None:
    Path(tmp_path, "LICENSE").write_text(changed("royalty-free", "royalty-bearing"))
    ran = openaudit("license", "LICENSE", "--diff")
    assert "MODIFIED from Apache-2.0" in ran.out
    assert "{+" in ran.out
    assert "[-" in ran.out


def test_standard_input_is_read(openaudit: Command) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openaudit", "license", "-", "-f", "json"],
        input=APACHE.read_bytes(),
        env=dict(openaudit.environment),
        capture_output=True,
        check=True,
    )
    assert (
        json.loads(done.stdout)["files"][0] | {"expression": "Apache-2.0", "path": "-"}
        == json.loads(done.stdout)["files"][0]
    )


def test_a_folder_gives_its_license_files(openaudit: Command, tmp_path: Path) -> None:
    (tmp_path / "a" / "vae").mkdir(parents=True)
    for name in ("a/LICENSE", "a/vae/COPYING.txt", "a/code.py"):
        Path(tmp_path, name).write_text(APACHE.read_text())
    files = json.loads(openaudit("license", "a", "-f", "json").out)["files"]
    assert [file["path"] for file in files] == ["a/LICENSE", "a/vae/COPYING.txt"]


def test_explain_shows_the_clauses_of_an_unknown_text(openaudit: Command, tmp_path: Path) -> None:
    text = (
        "House terms\n\nYou may use the weights for research.\nCommercial use of the weights is prohibited.\n"
    )
    Path(tmp_path, "LICENSE").write_text(text)
    ran = openaudit("license", "LICENSE", "--explain")
    assert "no known license" in ran.out
    assert "non-commercial" in ran.out
    assert "line 4" in ran.out


def test_a_missing_file_is_exit_3_and_the_others_are_read(openaudit: Command) -> None:
    ran = openaudit("license", "nowhere.txt", str(APACHE))
    assert ran.code == 3
    assert "nowhere.txt: no such file" in ran.err
    assert "Apache-2.0" in ran.out


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_control_characters_do_not_reach_the_terminal(openaudit: Command, tmp_path: Path, form: str) -> None:
    Path(tmp_path, "LICENSE").write_text("You must not\x1b[2J use this for commercial purposes.\x07\n")
    ran = openaudit("license", "LICENSE", "-f", form, "--explain")
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out


def test_tag_against_text_is_a_critical_finding(openaudit: Command, hub: HubServer) -> None:
    files: dict[str, str | bytes] = {
        "README.md": "---\nlicense: mit\n---\n# Model\n",
        "LICENSE": APACHE.read_text(),
        "model.safetensors": small_safetensors(),
    }
    hub.add_model("org/a", files)
    report = json.loads(openaudit("scan", "org/a", "-f", "json").out)
    assert "license-conflict/tag-vs-text" in [finding["rule"] for finding in report["findings"]]
    assert report["license"]["detected"][0]["id"] == "Apache-2.0"


def test_a_changed_text_under_a_plain_tag_is_a_contradiction_and_not_open(
    openaudit: Command, hub: HubServer
) -> None:
    text = changed("royalty-free", "royalty-free, for non-commercial purposes only,")
    files: dict[str, str | bytes] = {
        "README.md": "---\nlicense: apache-2.0\n---\n# A\n",
        "LICENSE": text,
        "model.safetensors": small_safetensors(),
    }
    hub.add_model("org/a", files)
    report = json.loads(openaudit("scan", "org/a", "-f", "json").out)
    assert report["findings"][0]["rule"] == "license-conflict/tag-vs-text"
    assert report["level"] in ("research-only", "undetermined")


def test_a_linked_text_with_an_odd_name_is_read(openaudit: Command, hub: HubServer) -> None:
    card = "---\nlicense: other\nlicense_name: house\nlicense_link: TERMS-OF-THE-HOUSE.md\n---\n# A\n"
    files: dict[str, str | bytes] = {
        "README.md": card,
        "TERMS-OF-THE-HOUSE.md": APACHE.read_text(),
        "model.safetensors": small_safetensors(),
    }
    hub.add_model("org/a", files)
    report = json.loads(openaudit("scan", "org/a", "-f", "json").out)
    assert report["license"]["effective"] == "Apache-2.0"
    assert report["level"] == "open-weight"


def test_a_link_into_another_repository_is_followed(openaudit: Command, hub: HubServer) -> None:
    link = "https://huggingface.co/org/base/blob/main/LICENSE"
    card = f"---\nlicense: other\nlicense_name: house\nlicense_link: {link}\n---\n# A\n"
    hub.add_model("org/a", {"README.md": card, "model.safetensors": small_safetensors()})
    hub.add_model("org/base", {"LICENSE": APACHE.read_text(), "model.safetensors": small_safetensors()})
    report = json.loads(openaudit("scan", "org/a", "-f", "json").out)
    (text,) = [source for source in report["license"]["sources"] if source["kind"] == "text"]
    assert text["licenses"] == ["Apache-2.0"]
    assert report["level"] == "open-weight"


def test_four_sources_that_disagree_are_all_reported(
    openaudit: Command, hub: HubServer, shared: Path
) -> None:
    """The case that no tool gets right: MIT in the tag, Llama in the LICENSE, CC-BY-NC in the header, a Llama base."""
    header = {
        "__metadata__": {"license": "cc-by-nc-4.0"},
        "w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
    }
    packed = json.dumps(header).encode()
    weights = len(packed).to_bytes(8, "little") + packed + b"\0\0\0\0"
    card = "---\nlicense: mit\nbase_model: meta-llama/Llama-3.1-8B\n---\n# Four\n"
    llama = (shared / "licenses" / "llama-3.1-community.txt").read_text()
    hub.add_model("org/four", {"README.md": card, "LICENSE": llama, "model.safetensors": weights})
    report = json.loads(openaudit("scan", "org/four", "-f", "json").out)
    assert {source["kind"] for source in report["license"]["sources"]} == {"tag", "text", "header", "base"}
    kinds = {conflict["kind"] for conflict in report["license"]["conflicts"]}
    assert kinds == {"tag-vs-text", "tag-vs-header", "tag-vs-base"}
    assert report["level"] == "research-only"
