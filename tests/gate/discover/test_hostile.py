"""Trees that mean harm: nothing hangs, grows, runs or leads out of the root, and what was not read is said."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from openaudit.errors import TargetError
from openaudit.gate.discover import Limits, discover
from tests.gate.discover.trees import look, tree

CALL = 'AutoModel.from_pretrained("a-b/c1")\n'
NAME = "a-b/c1"

BOMBS = {
    "deep.py": CALL + "x = " + "(" * 50_000,
    "minus.py": CALL + "x = " + "-" * 100_000 + "1",
    "sum.py": CALL + "x = " + "+".join(["'a'"] * 60_000),
    "attributes.py": CALL + "x" + ".y" * 50_000,
    "null.py": CALL + "\0",
    "names.py": CALL + "\n".join(f"model_{i} = model_{i + 1}" for i in range(20_000)) + "\nX.from_pretrained(model_0)",
    "cycle.py": CALL + "model = other\nother = model\nX.from_pretrained(model)\ndef f(x):\n    f(x)\n    X.from_pretrained(x)\n",
    "product.py": CALL + "a = 'x' or 'y' or 'z' or 'w'\nX.from_pretrained(f'" + "{a}" * 12 + "')",
    "deep.json": '{"model": "a-b/c1", "x": ' + "[" * 200_000,
    "deep.yaml": "model: a-b/c1\nx: " + "[" * 20_000,
    "blocks.yaml": "model: a-b/c1\nx:\n  " + "- " * 20_000 + "y",
    "aliases.yaml": "model: a-b/c1\na: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)
    ),
    "quotes.sh": "hf download a-b/c1\n" + "'\"" * 100_000,
    "dollars.sh": "hf download a-b/c1\n" + "X=$X$X$X$X$X$X$X$X$X$X\n" * 5_000,
    "heredocs.sh": "hf download a-b/c1\n" + "cat <<A <<B <<C\n" * 20_000,
    "line.toml": 'model = "a-b/c1"\n' + "x = [" * 100_000,
    "quotes.js": "AutoModel.from_pretrained('a-b/c1')\n" + "`'\"/" * 100_000,
    "slashes.ts": "AutoModel.from_pretrained('a-b/c1')\n" + "= / [ \n" * 50_000,
    "escapes.py": CALL + '\\"""' * 300_000,
    "quotes.py": CALL + '\\"' * 300_000,
    "columns.py": "".join(f'X.from_pretrained("a-b/c{i}"); ' for i in range(1, 20_000)) + "# é\n",
    "list.toml": 'model = "a-b/c1"\n' + ("x = [" + '"y",' * 4_000 + "\n") * 50,
    "inline.toml": 'model = "a-b/c1"\n' + ("x = " + "{a=" * 5_000 + "\n") * 50,
    "siblings.json": '{"model": "a-b/c1",' + ",".join(f'"model{i}": "x/y-{i}"' for i in range(100_000)) + "}",
    "braces.sh": "hf download a-b/c1\n" + "${a:-" * 200_000,
    "quoted.sh": "hf download a-b/c1\nA=" + "x" * 90_000 + '\nB="' + "$A" * 200_000 + '"\n',
    "instructions.Dockerfile": "FROM x\nRUN hf download a-b/c1\n" + 'CMD ["x"]\n' * 100_000,
    "comments.vue": "AutoModel.from_pretrained('a-b/c1')\n" + "<!--\n" * 200_000,
    "escapes.ts": "AutoModel.from_pretrained('a-b/c1')\n" + '\\"\n' * 100_000 + '\\"' * 100_000,
    "keys.ts": "AutoModel.from_pretrained('a-b/c1')\n" + "model: [\n" * 100_000,
    "templates.ts": "AutoModel.from_pretrained('a-b/c1')\n" + "`https://huggingface.co/${x}`;\n" * 20_000,
    "tokens.ts": "AutoModel.from_pretrained('a-b/c1')\n" + ";\n" * 600_000,
    "Dockerfile": "FROM x\nRUN hf download a-b/c1\nCMD [" + '"x",' * 100_000,
    "Makefile": "MODEL = a-b/c1\n" + "A = $(A)$(A)$(A)\n" * 5_000 + "x:\n\techo $(A)\n",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_costs_little_and_is_read_or_named(tmp_path: Path, name: str) -> None:
    start = time.process_time()
    found = look(tmp_path, {name: BOMBS[name]})
    assert time.process_time() - start < 10
    read = {reference.target for reference in found.references}
    assert NAME in read or {each["path"] for each in found.unread} == {name}


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"x.py": CALL, "w.gguf": b"x"})
    root = tree(tmp_path / "root", {"y.py": 'AutoModel.from_pretrained("a-b/c2")'})
    (root / "link.py").symlink_to(outside / "x.py")
    (root / "w.gguf").symlink_to(outside / "w.gguf")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    assert [reference.target for reference in discover(root).references] == ["a-b/c2"]


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert discover(tmp_path).references == ()


def test_a_file_over_the_ceiling_is_unread_and_not_passed_over(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {"big.py": CALL + "#" * 2_000, "data.json": '{"model": "a-b/c1", "x": "' + "y" * 2_000 + '"}'},
    )
    found = discover(tmp_path, limits=Limits(file_bytes=1_000))
    assert [(each["path"], each["reason"]) for each in found.unread] == [("big.py", "too-large")]


def test_more_files_than_are_read_is_said(tmp_path: Path) -> None:
    tree(tmp_path, {f"f{i}.py": CALL for i in range(9)})
    assert [each["path"] for each in discover(tmp_path, limits=Limits(files=4)).unread] == ["."]


def test_more_references_than_are_kept_is_said(tmp_path: Path) -> None:
    tree(tmp_path, {"many.py": "MODELS = [" + ",".join(f'"a-b/c{i}"' for i in range(50)) + "]"})
    found = discover(tmp_path, limits=Limits(references_per_file=10))
    assert len(found.references) == 10
    assert [each["path"] for each in found.unread] == ["many.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    tree(tmp_path, {"x.py": CALL})
    (tmp_path / "x.py").chmod(0)
    assert [each["path"] for each in discover(tmp_path).unread] == ["x.py"]


def test_damaged_configuration_is_unread_only_where_it_could_name_something(tmp_path: Path) -> None:
    found = look(tmp_path, {"a.yaml": "model: a-b/c1\n  x: [", "b.yaml": "colour: [red"})
    assert [each["path"] for each in found.unread] == ["a.yaml"]


def test_control_characters_do_not_reach_the_quote(tmp_path: Path) -> None:
    (reference,) = look(
        tmp_path, {"x.py": 'AutoModel.from_pretrained("a-b/c1")  # \x1b[31m\u202e'}
    ).references
    assert reference.quote.isprintable()


def test_names_of_files_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad\xff.py")).write_text(CALL)
    assert discover(tmp_path).references == ()


def test_what_does_not_exist_is_a_wrong_target(tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        discover(tmp_path / "missing")


SKIPPED = [".git", "node_modules", ".venv", "x/venv", "__pycache__", ".tox", "site-packages", "a.egg-info"]


@pytest.mark.parametrize("folder", SKIPPED)
def test_dependencies_and_caches_are_left_out(tmp_path: Path, folder: str) -> None:
    assert look(tmp_path, {f"{folder}/x.py": CALL}).references == ()


def test_build_folders_are_left_out_only_beside_a_project(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        {
            "p/setup.py": "",
            "p/build/x.py": CALL,
            "q/build/x.py": CALL,
            "env/pyvenv.cfg": "",
            "env/x.py": CALL,
        },
    )
    assert [reference.path for reference in found.references] == ["q/build/x.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("tests/", ["a.py", "b/c.py"]),
        ("*.py", []),
        ("/a.py", ["b/c.py", "tests/d.py"]),
        ("b/**", ["a.py", "tests/d.py"]),
        ("**/c.py", ["a.py", "tests/d.py"]),
        ("[!a].py", ["a.py"]),
        ("#a.py", ["a.py", "b/c.py", "tests/d.py"]),
    ],
)
def test_patterns_leave_out_as_gitignore_does(tmp_path: Path, pattern: str, left: list[str]) -> None:
    tree(tmp_path, {"a.py": CALL, "b/c.py": CALL, "tests/d.py": CALL})
    assert [reference.path for reference in discover(tmp_path, ignore=[pattern]).references] == left


def test_the_same_tree_gives_the_same_list(tmp_path: Path) -> None:
    tree(tmp_path, {f"{i % 7}/f{i}.py": f'X.from_pretrained("a-b/c{i}")' for i in range(60)})
    first = discover(tmp_path)
    assert first == discover(tmp_path)
    assert [(r.path, r.line) for r in first.references] == sorted((r.path, r.line) for r in first.references)
