"""A word that turns the meaning of a license is never silent."""

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openaudit.licenses.identification import Identification
from openaudit.licenses.matching import identify
from tests.licenses.texts import COMMON, common, installed

TURNING = (
    "not",
    "no",
    "never",
    "only",
    "except",
    "without",
    "commercial",
    "academic",
    "prohibited",
    "unless",
)
MEANING = frozenset(
    "not no without only except unless may must shall any all use copy modify distribute sublicense sell worldwide perpetual irrevocable"
    " non-exclusive royalty-free permitted granted grant grants warranty liable patent commercial notice conditions".split()
)
NAMES = ("Apache-2.0", "BSD", "MPL-2.0", "GPL-3", "LGPL-2.1", "Artistic")


def _texts() -> dict[str, tuple[str, str]]:
    found = {}
    for name in NAMES:
        if (COMMON / name).is_file():
            text = common(name)
            expression = identify(text).expression
            assert expression is not None
            found[name] = (text, expression)
    for package, declared, _, text in installed():
        if declared in ("MIT", "BSD-3-Clause", "ISC", "BSD-2-Clause") and declared not in found:
            exact = identify(text)
            if exact.expression == declared and not any(match.modified for match in exact.matches):
                found[declared] = (text, declared)
        del package
    return found


TEXTS = _texts()


def _places(text: str) -> list[re.Match[str]]:
    """Words of the body: not in headings, notices, placeholders, addresses or appendices."""
    stop = min(
        (place for mark in ("END OF TERMS", "APPENDIX", "How to Apply") if (place := text.find(mark)) > 0),
        default=len(text),
    )
    start = text.find("\n\n", len(text) // 20)
    places = []
    for match in re.finditer(r"[A-Za-z][A-Za-z-]*", text[:stop]):
        line_start = text.rfind("\n", 0, match.start()) + 1
        line_end = text.find("\n", match.end())
        line = text[line_start : line_end if line_end > 0 else len(text)]
        dull = re.search(r"copyright \(?c?|rights reserved|http|<|\[|Exhibit|Preamble", line, re.IGNORECASE)
        if match.start() > start and not dull:
            places.append(match)
    return places


def _flagged(found: Identification) -> bool:
    return any(match.modified for match in found.matches)


def _plain(found: Identification, base: str) -> bool:
    return found.expression == base and not _flagged(found)


@pytest.mark.skipif(not TEXTS, reason="no license text to change on this machine")
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_turning_word_inserted_is_flagged(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(TEXTS)))
    text, base = TEXTS[name]
    place = data.draw(st.sampled_from(_places(text))).start()
    word = data.draw(st.sampled_from(TURNING))
    changed = f"{text[:place]}{word} {text[place:]}"
    assert not _plain(identify(changed), base), (name, word, text[place - 40 : place + 40])


@pytest.mark.skipif(not TEXTS, reason="no license text to change on this machine")
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_word_of_meaning_removed_or_replaced_is_flagged(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(TEXTS)))
    text, base = TEXTS[name]
    meaning = [match for match in _places(text) if match.group().lower() in MEANING]
    match = data.draw(st.sampled_from(meaning))
    new = data.draw(st.sampled_from(["", "rent", "europe", "prohibited", "seven"]))
    changed = text[: match.start()] + new + text[match.end() :]
    assert not _plain(identify(changed), base), (
        name,
        match.group(),
        new,
        text[match.start() - 40 : match.end() + 40],
    )


SENTENCES = (
    "The Software may be used for research purposes only.",
    "Use in production requires the payment of an annual fee to the copyright holder.",
    "The rights granted do not extend to persons located in the European Union.",
    "The Software shall not be used for military purposes.",
    "Users in Norway or China are excluded from this license.",
    "Companies with an annual revenue above 1 million dollars must obtain a paid license.",
    "You may not use the outputs to train other models.",
)


@pytest.mark.skipif(not TEXTS, reason="no license text to change on this machine")
@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_an_added_term_is_flagged_and_quoted(name: str, sentence: str) -> None:
    text, base = TEXTS[name]
    breaks = [match.start() for match in re.finditer(r"\n\s*\n", text)] + [len(text)]
    for place in (breaks[0], random.Random(name).choice(breaks), breaks[-1]):
        found = identify(f"{text[:place]}\n\n{sentence}\n\n{text[place:]}")
        flagged = [match for match in found.matches if match.modified]
        assert flagged, (name, sentence, place)
        assert flagged[0].base == base
        quoted = " ".join(edit.words for match in flagged for edit in match.added)
        assert " ".join(sentence.lower().split()[-3:]).rstrip(".") in quoted


@pytest.mark.skipif("MIT" not in TEXTS, reason="no MIT license on this machine")
def test_every_way_to_turn_the_mit_license_names_its_base() -> None:
    text, _ = TEXTS["MIT"]
    for old, new in [
        ("free of charge", "for a fee"),
        ("without restriction", "with restrictions"),
        ("to use, copy, modify", "to use and copy"),
        ("any person", "any natural person"),
        ("sell", "not sell"),
        ("Permission is hereby granted", "No permission is hereby granted"),
    ]:
        pattern = re.sub(r"\\ ", r"\\s+", re.escape(old))
        changed = re.sub(pattern, new, text, count=1)
        assert changed != text, old
        found = [match for match in identify(changed).matches if match.kind == "text"]
        assert [(match.modified, match.base, match.id) for match in found] == [
            (True, "MIT", "LicenseRef-openaudit-modified-MIT")
        ], (old, new)
