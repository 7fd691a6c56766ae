"""The metadata block of a card: read as its author meant it, and every slip told with its line."""

from __future__ import annotations

import time

import pytest

from openaudit.scanners.front_matter import FrontMatter, read_front_matter, right_key, value_of
from openaudit.vocabulary import StatementKind
from tests.scanners.scenes import scan_card


def slips(front: FrontMatter) -> list[tuple[str, int]]:
    return [(slip.kind, slip.line) for slip in front.slips]


@pytest.mark.parametrize(
    ("text", "license_", "line", "expected_slips", "body_line"),
    [
        pytest.param("---\nlicense: mit\n---\nbody", "mit", 2, [], 4, id="three dashes"),
        pytest.param("----\nlicense: mit\n---\nbody", "mit", 2, [("dashes", 1)], 4, id="four dashes open"),
        pytest.param("---\nlicense: mit\n-----\nbody", "mit", 2, [("dashes", 3)], 4, id="five dashes close"),
        pytest.param("\n\n---\nlicense: mit\n---\nbody", "mit", 4, [("blank-line-first", 1)], 6, id="blank lines"),
        pytest.param("\ufeff---\nlicense: mit\n---\nbody", "mit", 2, [], 4, id="byte order mark"),
        pytest.param("---\r\nlicense: mit\r\n---\r\nbody", "mit", 2, [], 4, id="CRLF"),
        pytest.param("---\rlicense: mit\r---\rbody", "mit", 2, [], 4, id="CR alone"),
        pytest.param("---\nlicense: mit\nx: a\u2028\u2028\u2028b: [\n---\n", "mit", 2, [("broken-yaml", 3)], 5,
         id="line breaks of YAML alone"),
        pytest.param("---  \nlicense: mit\n---\t\nbody", "mit", 2, [], 4, id="blanks after the dashes"),
        pytest.param("---\n# why\n\nlicense: mit\n---\n", "mit", 4, [], 6, id="comment and blank line inside"),
        pytest.param("---\nlicense: mit\n\n# Body", "mit", 2, [("never-closed", 1)], 4, id="never closed"),
        pytest.param("---\nlicense: mit", "mit", 2, [("never-closed", 1)], 4, id="never closed, nothing after"),
        pytest.param("---\nlicence: mit\n---\n", "mit", 2, [("misspelt-key", 2)], 4, id="licence"),
        pytest.param("---\nLicense: mit\n---\n", "mit", 2, [("misspelt-key", 2)], 4, id="License"),
        pytest.param("---\nLICENSES: mit\n---\n", "mit", 2, [("misspelt-key", 2)], 4, id="LICENSES"),
        pytest.param("---\ntags: [a]\nlicence : mit\n---\n", "mit", 3, [("misspelt-key", 3)], 5, id="blank before colon"),
        pytest.param("---\n'license': mit\n---\n", "mit", 2, [], 4, id="quoted key"),
        pytest.param("---\n{license: mit}\n---\n", "mit", 1, [], 4, id="flow mapping"),
        pytest.param("---\n{}\n---\n", None, 0, [], 4, id="empty mapping"),
        pytest.param("---\n---\nbody", None, 0, [], 3, id="empty block"),
        pytest.param("---\n- license: mit\n---\n", "mit", 2, [("not-a-mapping", 2)], 4, id="a list"),
        pytest.param("---\njust words\n---\n", None, 0, [], 1, id="a rule in prose"),
    ],
)  # fmt: skip
def test_the_license_of_every_spelling_of_a_block_is_read_with_its_line(
    text: str, license_: str | None, line: int, expected_slips: list[tuple[str, int]], body_line: int
) -> None:
    front = read_front_matter(text)
    assert (*value_of(front, "license"), slips(front), front.body_line) == (
        license_, line, expected_slips, body_line,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("licence", "license"),
        ("License", "license"),
        (" LICENSE ", "license"),
        ("license-name", "license_name"),
        ("license_url", "license_link"),
        ("Base_Model", "base_model"),
        ("dataset", "datasets"),
        ("pipeline_tag", "pipeline_tag"),
        ("my own key", "my own key"),
    ],
)
def test_misspelt_keys_are_taken_for_what_the_hub_reads(key: str, right: str) -> None:
    assert right_key(key) == right


def test_the_right_spelling_wins_over_a_misspelt_one_and_is_no_slip() -> None:
    front = read_front_matter("---\nlicence: mit\nlicense: apache-2.0\n---\n")
    assert value_of(front, "license") == ("apache-2.0", 3)
    assert slips(front) == []


@pytest.mark.parametrize(
    "text",
    [
        "A title\n\n---\n\nMore prose, with a rule above.",
        "Words\n---\nMore: words\n---\nEnd",
        "# Title\n---\nlicense\n---\nno key here",
        "---\n\nA thematic break on top.\n\n---\n\nAnd another.",
        "----------\nTitle\n----------",
        "",
        "\n\n\n",
        "\ufeff",
    ],
)
def test_a_rule_between_paragraphs_is_no_block(text: str) -> None:
    front = read_front_matter(text)
    assert front.values == {}
    assert front.block is None
    assert slips(front) == []


def test_a_block_at_the_foot_counts_and_is_told() -> None:
    text = "# Model\n\nSome words.\n\n---\nlicense: mit\ntags:\n- a\n---\n"
    front = read_front_matter(text)
    assert value_of(front, "license") == ("mit", 6)
    assert slips(front) == [("block-at-foot", 5)]
    assert front.block == (5, 9)
    assert front.body_line == 1


def test_the_words_of_a_block_at_the_foot_are_no_prose() -> None:
    seen = scan_card("# Model\n\nSome words.\n\n---\nlicense: mit\n---\n")
    assert [(s.kind, s.says) for s in seen.statements] == [(StatementKind.TAG, "mit")]


def test_a_first_key_given_twice_is_broken_and_the_first_value_is_not_silently_the_only_one() -> None:
    front = read_front_matter("---\nlicense: mit\nlicense: cc-by-nc-4.0\n---\n")
    assert [(kind, line) for kind, line in slips(front)] == [("broken-yaml", 3)]
    assert value_of(front, "license")[0] in (["mit", "cc-by-nc-4.0"], "cc-by-nc-4.0")


@pytest.mark.parametrize(
    ("text", "license_", "line"),
    [
        pytest.param("---\nlicense: mit\ntags: [a\n---\n", "mit", 3, id="bracket never closed"),
        pytest.param("---\nlicense: mit\ntitle: a: b\n---\n", "mit", 3, id="colon in a plain value"),
        pytest.param("---\nlicense: mit\n\ttags: a\n---\n", "mit", 3, id="tab for indentation"),
        pytest.param("---\nlicense:\tmit\n  x: y\n---\n", "mit", 3, id="tab after the colon, then nonsense"),
        pytest.param("---\na: &x [*x]\nlicense: mit\n---\n", "mit", 2, id="cyclic alias"),
        pytest.param("---\na: &x b\nlicense: mit\nc: *x\n---\n", "mit", 4, id="harmless alias"),
        pytest.param("---\nlicense: mit\n? [a, b]\n: c\n---\n", "mit", 3, id="a list as key"),
        pytest.param("---\nlicense: 'mit\n---\n", "mit", 2, id="quote never closed"),
        pytest.param("---\nlicense: mit\nx: \x00\n---\n", "mit", None, id="NUL character"),
        pytest.param(
            "---\nlicense: mit\nx: " + "[" * 500 + "\n---\n", "mit", None, id="nested beyond reason"
        ),
        pytest.param("---\nlicense: mit\nx: @y\n---\n", "mit", 3, id="reserved sign"),
        pytest.param("---\nlicense:\n- mit\n- {\n---\n", ["mit", "{"], None, id="a list with a broken item"),
    ],
)
def test_a_block_that_no_parser_accepts_still_gives_its_license(
    text: str, license_: object, line: int | None
) -> None:
    front = read_front_matter(text)
    assert value_of(front, "license")[0] == license_
    kinds = [slip for slip in front.slips if slip.kind == "broken-yaml"]
    assert len(kinds) == 1
    assert line is None or kinds[0].line == line


def test_aliases_that_would_expand_without_end_are_refused_quickly() -> None:
    rows = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    started = time.process_time()
    front = read_front_matter("---\nlicense: mit\n" + "\n".join(rows) + "\n---\n")
    assert time.process_time() - started < 1
    assert value_of(front, "license")[0] == "mit"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("42", ["42"]),
        ("1.5", ["1.5"]),
        ("2024-01-01", ["2024-01-01"]),
        ("no", ["no"]),
        ("true", ["true"]),
        ("{a: {b: c}}", ['{"a": {"b": "c"}}']),
        ("[mit, apache-2.0]", ["mit", "apache-2.0"]),
        ("[mit, 3, [x]]", ["mit"]),
        ("''", ["(empty)"]),
        ("[]", ["(empty)"]),
        ("", []),
        ("!!python/object/apply:os.system ['x']", ["x"]),
    ],
)
def test_values_that_are_no_strings_are_told_and_never_fail(value: str, says: list[str]) -> None:
    seen = scan_card(f"---\nlicense: {value}\n---\nWords.\n")
    assert [s.says for s in seen.statements if s.kind is StatementKind.TAG] == says


def test_a_block_of_sixty_thousand_lines_is_read_in_time_with_its_last_line() -> None:
    rows = [f"key{i}: value" for i in range(59_000)]
    started = time.process_time()
    front = read_front_matter("\n".join(["---", *rows, "license: mit", "---", "body"]))
    assert time.process_time() - started < 12
    assert value_of(front, "license") == ("mit", 59_002)
    assert front.body_line == 59_004


def test_lines_of_statements_are_those_of_the_file() -> None:
    seen = scan_card(
        "\n\n---\ntags: [x]\n\nlicense: apache-2.0\n---\n\n# T\n\nReleased under the MIT license.\n"
    )
    found = [(s.kind, s.where.lines) for s in seen.statements]
    assert found == [(StatementKind.TAG, (6, 6)), (StatementKind.PROSE, (11, 11))]
