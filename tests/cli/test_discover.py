"""`openaudit discover` from outside: its output, its options, its exit status."""

from __future__ import annotations

import json

from tests.conftest import ROOT, Command

CALL = 'AutoModel.from_pretrained("a-b/c1", revision="v1")\n'


def test_json_lists_references_with_their_places(openaudit: Command) -> None:
    (openaudit.folder / "app.py").write_text(CALL)
    ran = openaudit("discover", ".", "-f", "json")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert document["unread"] == []
    assert document["references"] == [
        {
            "target": "a-b/c1", "kind": "model", "path": "app.py", "line": 1, "column": 27, "how": "AutoModel.from_pretrained",
            "revision": "v1", "pinned": False, "guessed": False, "quote": CALL.strip(),
        }
    ]  # fmt: skip


def test_the_table_names_model_place_and_revision(openaudit: Command) -> None:
    ran = openaudit("discover", str(ROOT / "examples" / "chat-service"), COLUMNS="120")
    assert ran.code == 0
    assert "app/retrieval.py:9" in ran.out
    assert "b968826d9c46" in ran.out
    assert "models and datasets in 51 places" in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 120


def test_nothing_found_is_said_and_is_no_failure(openaudit: Command) -> None:
    (openaudit.folder / "empty").mkdir()
    ran = openaudit("discover", "empty")
    assert (ran.code, ran.out) == (0, "No model or dataset is named in 0 files.\n")


def test_what_could_not_be_read_is_status_3_and_the_rest_is_listed(openaudit: Command) -> None:
    (openaudit.folder / "app.py").write_text(CALL)
    (openaudit.folder / "values.yaml").write_text("model: a-b/c2\n x: [")
    ran = openaudit("discover", ".", "-f", "json")
    document = json.loads(ran.out)
    assert ran.code == 3
    assert [each["path"] for each in document["unread"]] == ["values.yaml"]
    assert "values.yaml" in ran.err
    assert len(document["references"]) == 1


def test_a_wrong_path_is_status_2(openaudit: Command) -> None:
    ran = openaudit("discover", "nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "nowhere" in ran.err


def test_patterns_and_gitignore_leave_out(openaudit: Command) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (openaudit.folder / name).write_text(CALL)
    (openaudit.folder / ".gitignore").write_text("b.py\n")
    ran = openaudit("discover", "--ignore", "a.py", "--skip-gitignored", "-f", "json")
    assert [each["path"] for each in json.loads(ran.out)["references"]] == ["c.py"]


def test_a_single_file_can_be_named(openaudit: Command) -> None:
    (openaudit.folder / "app.py").write_text(CALL)
    ran = openaudit("discover", "app.py", "-f", "json")
    assert [each["path"] for each in json.loads(ran.out)["references"]] == ["app.py"]
