"""The terms of a license or policy that nobody knows, read clause by clause with quotes and line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from openaudit.licenses.catalog import Catalog, Terms
from openaudit.licenses.clause_reading import Piece, pieces
from openaudit.licenses.clause_rules import ClauseRule, ClauseRules, load_clause_rules, stem
from openaudit.licenses.clause_terms import terms_of, values_of
from openaudit.vocabulary import QUOTE_LIMIT, Grant

__all__ = ["Clause", "ClauseReading", "load_clause_rules", "read_clauses", "rules_found"]

MAX_CHARS = 1_000_000
"""A longer text is read so far and never called open."""

_MAX_CLAUSES = 400
_MAX_PER_RULE = 12
_MAX_PIECES = 12_000
_WORK = 15_000_000
"""Characters that patterns may look at, times the trigger words in them: about half a second. A text that needs more,
or has more clauses, is no license; it is read so far and never called open."""
_UNLESS_BEFORE_CHARS = 150
_UNLESS_AFTER_CHARS = 150
_SURE = 0.6
"""A limit of lower confidence leaves the grant undetermined instead of deciding it."""
_MAX_FOREIGN = 0.04
_TAKEN_BACK = ("revocable", "unilateral-change")
_NEEDED = ("use", "modify", "distribute")

_WORDS_OF_A_CLAUSE = 2
_HAN_OF_A_CLAUSE = 4
_UNREAD = ClauseRule(id="not-recognised", term="doubt", polarity="doubts", words=(), patterns=())

_WORD = re.compile(r"[a-z]{2,40}")
_FUNCTION_WORD = re.compile(
    r"\b(?:the|of|to|and|is|for|this|you|or|by|with|that|are|be|any|may|not|as|from|shall|your|it)\b"
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_DEFINITION = re.compile(
    r"^\W{0,3}(?:\(?\w{1,4}[.)]\s{0,3}){0,2}(?:the (?:term|word)s? )?[\"']?[\w\s/,'\"&()-]{1,70}?[\"']?\s?"
    r"(?:\([^()]{0,40}\)\s?)?"
    r"(?:(?:shall |will )?means?\b|(?:shall |will )?refers? to\b|(?:is|are) defined as\b|是指|系指|意指|指的是|,?指)"
)
_MEANS = re.compile(r"\"\s?(?:\([^()]{0,40}\)\s?)?(?:shall )?means?\b|是指")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S{1,300}|\S{1,60}@\S{1,60}")
_MODAL = re.compile(r"\b(?:may|must|shall|can|will) not\b|\bcannot\b|\bprohibited\b|不得|禁止|不可")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause that says something of what may be done: the term, what it leaves of the grant (None: it takes
    nothing), the wording (300 characters at most), its lines (from 1, both included), the rule that found it, and the
    numbers, units, places and names in it. `confidence` is 0 to 1."""

    term: str
    effect: Grant | None
    quote: str
    lines: tuple[int, int]
    rule: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    confidence: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseReading:
    """What a text lets anyone do, as far as its clauses tell; `at_most` is the most where `grant` is undetermined.
    `doubts` quotes the words that limit or oblige and that no rule explains: with one of them nothing is open."""

    clauses: tuple[Clause, ...]
    grant: Grant
    at_most: Grant
    terms: Terms
    confidence: float
    why: str
    doubts: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    rule: ClauseRule
    piece: Piece
    start: int
    end: int
    groups: Mapping[str, str]


@dataclass(slots=True)
class _Found:
    """What is collected while reading."""

    hits: list[_Hit] = field(default_factory=list)
    doubts: list[_Hit] = field(default_factory=list)
    complete: bool = True
    foreign_chars: int = 0
    letters: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def read_clauses(text: str, rules: ClauseRules) -> ClauseReading:
    """The clauses of a text and what they add up to. Pure; the work is bounded whatever the text.

    `grant` is open only where use, modification and sharing for any purpose are granted in words, nothing limits
    them, every clause is one that the rules know, every prohibition and duty one that they explain, and the whole text
    could be read; restricted or research-only where a clause limits; else undetermined: nothing seen is nothing said.
    """
    found = _find(text, rules)
    clauses = tuple(_clause(hit, term) for hit in found.hits for term in (hit.rule.term, *hit.rule.also))
    clauses = _unlifted(clauses, rules)
    doubts = tuple(_clause(hit, hit.rule.term) for hit in found.doubts[:20])
    grant, at_most, confidence, why = _judge(clauses, doubts, found)
    kept = tuple(clause for clause in clauses if clause.term not in ("harmless", "lifts"))
    return ClauseReading(
        clauses=kept,
        grant=grant,
        at_most=at_most,
        terms=terms_of(
            [(c.term, c.effect, c.quote, c.values, c.lines) for c in kept if c.confidence >= _SURE], grant
        ),
        confidence=confidence,
        why=why,
        doubts=doubts,
    )


def rules_found(text: str, rules: ClauseRules) -> frozenset[str]:
    """The ids of all rules that find something in a text, harmless ones and unexplained doubts among them: for trying
    rules and their examples."""
    found = _find(text, rules)
    return frozenset(hit.rule.id for hit in (*found.hits, *found.doubts))


# ---------------------------------------------------------------- finding


def _find(text: str, rules: ClauseRules) -> _Found:
    found = _Found(complete=len(text) <= MAX_CHARS)
    seen: set[str] = set()
    work = _WORK
    for piece in pieces(text[:MAX_CHARS]):
        if piece.folded in seen:
            continue
        seen.add(piece.folded)
        if len(seen) > _MAX_PIECES:
            found.complete = False
            break
        _measure_language(piece, found)
        called, cost = _called(piece, rules)
        work -= cost * len(called)
        if work < 0 or len(found.hits) > _MAX_CLAUSES:
            found.complete = False
            break
        _read(piece, [rules.rules[index] for index in called], found)
    return found


def _called(piece: Piece, rules: ClauseRules) -> tuple[list[int], int]:
    """The rules that words of the piece call for, and what trying one of them costs."""
    called: set[int] = set()
    triggers = 0
    for word in _WORD.findall(piece.folded):
        by_word = rules.by_stem.get(stem(word))
        if by_word:
            triggers += 1
            called.update(by_word)
    if rules.han is not None and _HAN.search(piece.folded):
        # a longer trigger may hide a shorter one inside it: there are few, so each is looked for
        for word, by_word in rules.by_han.items():
            if word in piece.folded:
                triggers += 1
                called.update(by_word)
    return sorted(called), (20 + len(piece.folded)) * (1 + triggers // 4)


def _read(piece: Piece, called: Sequence[ClauseRule], found: _Found) -> None:
    definition = _is_definition(piece)
    spans: list[tuple[int, int, tuple[str, ...]]] = []
    doubts: list[_Hit] = []
    granted = False
    for rule in called:
        if piece.heading and rule.headings == "no" and rule.polarity == "limits":
            continue
        if not piece.heading and rule.headings == "only":
            continue
        if definition and not rule.definitions and rule.polarity in ("limits", "doubts"):
            continue
        kept = False
        for hit in _hits(rule, piece):
            if rule.polarity == "doubts":
                doubts.append(hit)
                continue
            if rule.polarity in ("states", "excuses"):
                start, end = (0, len(piece.folded)) if rule.whole else (hit.start, hit.end)
                spans.append((start, end, rule.covers))
            granted = granted or rule.polarity in ("grants", "limits")
            if not kept and found.counts.get(rule.id, 0) < _MAX_PER_RULE:
                found.counts[rule.id] = found.counts.get(rule.id, 0) + 1
                found.hits.append(hit)
            kept = True
    found.doubts += [hit for hit in doubts if not _explained(hit, spans)]
    if not (spans or granted or doubts or definition) and _says_something(piece):
        found.doubts.append(_Hit(_UNREAD, piece, piece.offset, len(piece.folded), {}))


def _is_definition(piece: Piece) -> bool:
    """Whether the clause, or the lead-in of its list, says what a word means, and nothing that must or must not be."""
    if _MODAL.search(piece.folded):
        return False
    return bool(
        _DEFINITION.match(piece.folded[piece.offset :]) or _MEANS.search(piece.folded[: piece.offset])
    )


def _says_something(piece: Piece) -> bool:
    """Whether a clause that no rule knows could still be a condition: a heading, a name or a number is none."""
    if piece.heading:
        return False
    own = _ADDRESS.sub("", piece.folded[piece.offset :])
    return len(_WORD.findall(own)) >= _WORDS_OF_A_CLAUSE or len(_HAN.findall(own)) >= _HAN_OF_A_CLAUSE


def _explained(doubt: _Hit, spans: Sequence[tuple[int, int, tuple[str, ...]]]) -> bool:
    return any(
        start < doubt.end <= end + 1 and (not covers or doubt.rule.id in covers)
        for start, end, covers in spans
    )


def _hits(rule: ClauseRule, piece: Piece) -> Iterator[_Hit]:
    """The matches of a rule that reach into the clause itself (not only its lead) and that nothing takes back."""
    for pattern in rule.patterns:
        at, tried = 0, 0
        while tried < 8 and (match := pattern.search(piece.folded, at)):
            tried += 1
            at = max(match.end(), match.start() + 1)
            if match.end() <= piece.offset and piece.lead:
                continue
            if any(_near(unless, piece, match) for unless in rule.unless):
                continue
            groups = {name: text for name, text in match.groupdict().items() if text}
            yield _Hit(rule, piece, match.start(), match.end(), groups)


def _near(unless: re.Pattern[str], piece: Piece, match: re.Match[str]) -> bool:
    """Whether words around a match take it back; those of the lead do only where the match needs the lead."""
    start = max(0, match.start() - _UNLESS_BEFORE_CHARS)
    if match.start() >= piece.offset:
        start = max(start, piece.offset)
    return unless.search(piece.folded, start, match.end() + _UNLESS_AFTER_CHARS) is not None


def _measure_language(piece: Piece, found: _Found) -> None:
    """Counts letters, and those of clauses that are in neither of the languages that the rules are written in."""
    text = piece.folded[piece.offset :]
    han = len(_HAN.findall(text))
    latin = sum(map(len, _WORD.findall(text)))
    letters = sum(map(str.isalpha, text))
    found.letters += letters
    other = letters - han - latin
    other_script = other > 0.3 * letters and letters > 12
    other_language = latin > 60 and han < 10 and not piece.heading and not _FUNCTION_WORD.search(text)
    if other_script or other_language:
        found.foreign_chars += letters


# ---------------------------------------------------------------- clauses


def _clause(hit: _Hit, term: str) -> Clause:
    rule, piece = hit.rule, hit.piece
    first = term == rule.term
    return Clause(
        term=term,
        effect=rule.effect if first or rule.polarity == "limits" else None,
        quote=_quote(piece, hit.start, hit.end),
        lines=piece.lines(hit.start, hit.end),
        rule=rule.id,
        values=values_of(rule.extract, piece.folded, hit.groups) if first else {},
        confidence=rule.confidence,
    )


def _quote(piece: Piece, start: int, end: int) -> str:
    """The clause, with its lead where the match needs it; where too long, the part around the match."""
    text = f"{piece.lead} … {piece.said}" if piece.lead and start < piece.offset else piece.said
    if len(text) <= QUOTE_LIMIT:
        return text
    if piece.lead and start < piece.offset:
        start, end = start, end + 2
    else:
        start, end = max(0, start - piece.offset), max(0, end - piece.offset)
    room = max(0, QUOTE_LIMIT - 4 - (end - start))
    first = max(0, min(start - room // 2, len(text) - QUOTE_LIMIT + 4))
    cut = text[first : first + QUOTE_LIMIT - 4].strip()
    return ("… " if first else "") + cut + (" …" if first + QUOTE_LIMIT - 4 < len(text) else "")


def _unlifted(clauses: tuple[Clause, ...], rules: ClauseRules) -> tuple[Clause, ...]:
    """The clauses, where those limits that another clause makes conditional have its effect instead of their own."""
    lifted = {term for rule in rules.rules if rule.lifts for term in rule.lifts if _has(clauses, rule.id)}
    if not lifted:
        return clauses
    return tuple(
        Clause(
            term=c.term, effect=Grant.RESTRICTED, quote=c.quote, lines=c.lines, rule=c.rule, values=c.values,
            confidence=c.confidence,
        )
        if (c.term in lifted or c.rule in lifted) and c.effect is Grant.RESEARCH_ONLY
        else c
        for c in clauses
    )  # fmt: skip


def _has(clauses: Sequence[Clause], rule: str) -> bool:
    return any(clause.rule == rule for clause in clauses)


# ---------------------------------------------------------------- judging


def _judge(
    clauses: Sequence[Clause], doubts: Sequence[Clause], found: _Found
) -> tuple[Grant, Grant, float, str]:
    """(grant, at most, confidence, why)."""
    limits = [clause for clause in clauses if clause.effect not in (None, Grant.OPEN)]
    sure = [clause for clause in limits if clause.confidence >= _SURE]
    if sure:
        grant = Catalog.strictest(clause.effect or Grant.OPEN for clause in sure)
        deciding = max((c for c in sure if c.effect is grant), key=lambda c: c.confidence)
        terms = sorted({clause.term for clause in sure})
        why = f"{', '.join(terms)}: line {deciding.lines[0]} says “{_brief(deciding.quote)}”"
        return grant, grant, deciding.confidence, why
    granted = {clause.term for clause in clauses if clause.effect is None}
    missing = [word for word in _NEEDED if word not in granted]
    ends = next((clause for clause in clauses if clause.term in _TAKEN_BACK), None)
    reason = ""
    if not found.letters:
        reason = "There is no text."
    elif not found.complete:
        reason = "The text is too long to be read whole."
    elif found.foreign_chars > _MAX_FOREIGN * found.letters:
        reason = "Parts of it are in a language that the rules do not read."
    elif limits:
        reason = f"Line {limits[0].lines[0]} may limit it: “{_brief(limits[0].quote)}”"
    elif missing:
        reason = f"No clause was recognised that grants anyone to {' or '.join(missing)}."
    elif ends is not None:
        reason = (
            f"What is granted may be taken back or changed: line {ends.lines[0]} says “{_brief(ends.quote)}”"
        )
    elif doubts:
        reason = f"No limit was recognised, but line {doubts[0].lines[0]} is not understood: “{_brief(doubts[0].quote)}”"
    if reason:
        most = Catalog.strictest([Grant.OPEN, *(clause.effect or Grant.OPEN for clause in limits)])
        return Grant.UNDETERMINED, most, 0.5, reason
    confidence = min(clause.confidence for clause in clauses if clause.term in _NEEDED)
    return (
        Grant.OPEN,
        Grant.OPEN,
        confidence,
        "Use, modification and sharing are granted and nothing limits them.",
    )


def _brief(quote: str) -> str:
    return quote if len(quote) <= 120 else quote[:118].rstrip() + " …"
