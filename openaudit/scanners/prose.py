"""License statements in the body of a card: which license, of what (weights, code, data), and with which limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from openaudit.licenses.catalog import Joined
from openaudit.licenses.names import NameMatch, find_names, resolve_tag
from openaudit.scanners.lexicon import Limit
from openaudit.scanners.makers import plain
from openaudit.scanners.markdown import Block, sentences
from openaudit.scanners.memory import remembered
from openaudit.scanners.scene import Scanned, Scene, is_about_others, quote
from openaudit.scanners.sieve import folded, sieve
from openaudit.scanners.statements import statement
from openaudit.vocabulary import Grant, LicenseStatement, StatementKind

_WORD = r"(?:licen[sc]e[sd]?|licen[sc]ing|licen[sc]e\(s\)|许可证?|协议|授权协议|ライセンス)"
_LABEL = re.compile(
    rf"^[\W_]{{0,40}}(?:\(?\d{{1,3}}\)?[.)]\s{{0,9}})?(?P<what>(?:[A-Za-z'’]{{1,40}}[ -]){{0,3}}?){_WORD}(?:\s*\([^)]{{0,40}}\))?"
    r"[\s*_]*[:：|][\s*_]*(?P<rest>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_BOLD_LABEL = re.compile(
    rf"^\s*(?:[-*+]\s+)?(?:\*\*|__|<b>|<strong>)\s*(?:\w+ )?{_WORD}\s*:?\s*(?:\*\*|__|</b>|</strong>)", re.I
)
_VERB = re.compile(
    r"\b(?:licen[sc]ed|released|available|distributed|provided|published|open[- ]?sourced|shared|governed|covered|bound|falls?|"
    r"subject|compl(?:y|ies)|follows?|under|inherits?|adheres?|usage|use of|used|uses|permits?|allows?|agrees?|choose)\b|"
    rf"\b{_WORD}\b[^.;]{{0,40}}\b(?:is|are)\b|\b(?:is|are) in the public domain\b|遵循|遵守|依照|采用|基于|ライセンス",
    re.IGNORECASE,
)
_SPEAKS = sieve(
    rf"\b{_WORD}|许可|协议|ライセンス|\bterms of use\b|\bpublic domain\b|\bcopyright\b",
)
_CUSTOM = re.compile(
    r"(?:\b(?:a|the|our|its|this|an|of|own)\s+)?((?:[A-Z0-9][\w.\-+]*\s+){0,5}"
    r"(?:[Cc]ustom |[Cc]ommercial |[Mm]odel |[Cc]ommunity |[Rr]esearch |"
    r"[Nn]on-?[Cc]ommercial |[Uu]sage ){1,3}(?:LICENSE|[Ll]icen[sc]es?)(?:\s+[Aa]greement)?)"
    r"|(?:\b(?:the|see|to|by)\s+)((?:[A-Z][\w.\-+]*\s+){1,5}(?:LICENSE|[Ll]icen[sc]e)(?:\s+[Aa]greement)?)"
    r"|((?:[\u4e00-\u9fff\w ]{2,20})(?:许可协议|社区许可|许可证))"
)
_SAME_AS = re.compile(
    r"\b(?:same|identical) licen[sc]e (?:as|of|to)\b|\blicen[sc]e of (?:the )?(?:base|original)\b",
    re.IGNORECASE,
)
_GRANTS = sieve(
    r"\b(?:released|available|distributed|provided|published|open[- ]?sourced|shared)\b(?: \w+){0,3}? under\b",
)
_OTHER = re.compile(
    r"\bpermissively[- ]licen[sc]ed\b|\btrained (?:on|with|using)\b[^.;,]{0,80}\blicen[sc]ed\b|"
    r"-licen[sc]ed (?:tools?|librar\w+|software|data\w*|sources?|content|texts?|images?)\b|"
    r"\bunlike\b|\boriginally (?:licensed|released)\b|\bin contrast\b|\bcompared (?:to|with)\b|"
    r"\bvariant of this model\b|\bother (?:version|variant)s?\b|\boriginal model (?:is|was)\b|"
    r"\bif you (?:use|fine|create|build|need)\b|\bexample\b|\bfilter(?:ed|ing)\b|\bmight require\b",
    re.IGNORECASE,
)
_SUBJECTS = (
    (
        "code",
        re.compile(
            r"\b(?:source ?codes?|codes?|code ?base|repo(?:sitory)?|scripts?|software|implementation)\b|代码|仓库",
            re.I,
        ),
    ),
    (
        "weights",
        re.compile(
            r"\b(?:models?|weights?|checkpoints?|parameters|adapters?|loras?|safetensors|[\w-]*\d+[bB])\b|模型|权重|モデル",
            re.I,
        ),
    ),
    ("data", re.compile(r"\b(?:data|data ?sets?|corpus|corpora|sequences?|annotations)\b|数据", re.I)),
    ("part", re.compile(r"\b(?:tokeni[sz]ers?|demos?|web ?sites?|logos?)\b", re.I)),
    ("docs", re.compile(r"\b(?:documentation|this card|model card|paper|text of this)\b", re.I)),
)
_CLAUSE = re.compile(
    r"[;；]\s*|,\s+(?=(?:while|whereas|and|but|with)\b)|"
    r",\s+(?=(?:(?:the|our|its) )?(?:(?:model|source|training) )?"
    r"(?:weights?|models?|code|data(?:sets?)?|checkpoints?) (?:is|are|was|were|under)\b)|"
    r"，(?=[^，。]{2,})|\s+(?=while\b|whereas\b)|\bUnlike [^,]{1,80},\s*"
)
_COMPARES = re.compile(
    r"^\W*(?:unlike|in contrast to|compared (?:to|with))\b|^[^，。]{0,6}不同于", re.IGNORECASE
)
_COMPARED_TO = re.compile(
    r"^\W*(?:unlike|in contrast to|compared (?:to|with))\b[^,]{1,80}(?:,\s*(?:which|that|who)\b[^,]{1,120})?,\s*"
    r"|^[^，。]{0,6}不同于[^，。]{1,80}，",
    re.IGNORECASE,
)
"""What a sentence says of others before it comes to its own subject."""
_OF_THE_MODEL = re.compile(
    r"\b(?:model|modell?ing)(?:'s)?[ -](?=(?:source[ -]?)?code\b|card\b|documentation\b)|模型(?=代码)",
    re.IGNORECASE,
)
_BARE_NAME = re.compile(
    r"(?!.*\b(?:is|are|for|we|you|may|must|only|see|this|to)\b)\S{1,30}(?:[ ]\S{1,20}){0,4}", re.IGNORECASE
)
"""What stands alone in a License section and can be nothing but a name."""
_MAX_STATEMENTS = 40


@dataclass(frozen=True, slots=True)
class _Piece:
    """One clause of a block, with its place and what surrounds it."""

    text: str
    block: Block
    offset: int
    labelled: str | None
    in_section: bool
    before: str
    """The clause before it in the same sentence: its subject holds on where this one has none."""


def scan_prose(scene: Scene) -> Scanned:
    """The license statements of the card's body, in reading order."""
    if scene.card is None:
        return Scanned()
    statements: list[LicenseStatement] = []
    for block in scene.card.blocks:
        if block.kind in ("heading", "code") or is_about_others(scene, block) or _of_a_sibling(scene, block):
            continue
        for piece in _pieces(scene, block):
            made = _read(scene, piece)
            if made is not None:
                statements.append(made)
        if len(statements) >= _MAX_STATEMENTS:
            break
    return Scanned(statements=tuple(_distinct(statements)))


_NAMES_A_MODEL = re.compile(r"\s*\[?([\w.-]+/)?([\w.-]*\d+[bB][\w.-]*|[A-Z][\w.]*-[\w.-]+)")


def _of_a_sibling(scene: Scene, block: Block) -> bool:
    """Table rows and nested items of lists of models speak of this model only where they name it."""
    if "<td" in block.raw or "<th" in block.raw:
        return True
    if block.kind == "row":
        mine = plain(scene.name) in plain(block.text.split("|")[0])
        return not mine and (_LABEL.match(block.text) is None or block.text.count("|") > 1)
    if block.parents:
        parent = block.parents[-1]
        names_other = _NAMES_A_MODEL.match(parent)
        return bool(names_other) and plain(scene.name) != plain(names_other[2] if names_other else "")
    return False


def _pieces(scene: Scene, block: Block) -> Iterator[_Piece]:
    in_section = scene.lexicon.titles(block.headings).is_license
    what, start = _label_of(block.text)
    if block.kind == "row" and block.parents and _speaks(block.parents[0]):
        what = ""
    if what is None and _is_bold_label(block.raw):
        what = ""
    if what is None and not in_section and not _may_speak(block.text):
        return
    for offset, sentence in sentences(block.text[start:]):
        before = ""
        skipped = 0
        if _COMPARES.search(sentence):
            compared = _COMPARED_TO.match(sentence)
            if compared is None:
                continue
            skipped = compared.end()
        for shift, clause in _clauses(sentence[skipped:]):
            yield _Piece(clause, block, start + offset + skipped + shift, what, in_section, before)
            before = clause


@remembered
def _label_of(text: str) -> tuple[str | None, int]:
    """What stands before "license:" at the beginning of a text, None where nothing does; and where the rest begins."""
    label = _LABEL.match(text) if _has_word(text) else None
    return (label["what"].strip().lower(), label.start("rest")) if label else (None, 0)


@remembered
def _is_bold_label(raw: str) -> bool:
    return _has_word(raw) and _BOLD_LABEL.match(raw) is not None


def _has_word(text: str) -> bool:
    """Whether any of the spellings of "license" may be in the text."""
    low = folded(text)
    return any(word in low for word in ("licen", "许可", "协议", "ライセンス"))


@remembered
def _speaks(text: str) -> bool:
    return _SPEAKS.search(text) is not None


@remembered
def _may_speak(text: str) -> bool:
    """Whether a block is worth a closer look outside of a License section."""
    return _SPEAKS.search(text) is not None or _GRANTS.search(text) is not None or _limit_words(text)


def _limit_words(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in ("commercial", "research", "licens", "active users", "商", "研究"))


def _clauses(sentence: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in _CLAUSE.finditer(sentence):
        if sentence[start : match.start()].strip():
            yield start, sentence[start : match.start()]
        start = match.end()
    if sentence[start:].strip():
        yield start, sentence[start:]


def _read(scene: Scene, piece: _Piece) -> LicenseStatement | None:
    text = piece.text
    spans = find_names(text, scene.catalog)
    context = piece.labelled is not None or piece.in_section
    speaks = context or (bool(spans) and _VERB.search(text) is not None) or _SPEAKS.search(text) is not None
    if _OTHER.search(text) and not (piece.labelled is not None and spans):
        return None
    if _of_another_model(scene, text[: spans[0].start] if spans else text):
        return None
    limits = _limits(scene, text, license_context=speaks and (context or bool(spans) or _is_custom(text)))
    said = tuple(dict.fromkeys(id_ for span in spans for id_ in span.licenses))
    names = _specific(scene, (*said, *_behind_links(scene, piece, said)))
    match, says = _named(scene, piece, names, spans[0].start if spans else 0)
    if match is None and not limits:
        return None
    if not speaks and not limits:
        return None
    if match is not None and not context and not _VERB.search(text):
        return None
    scope = _scope(piece, spans[0].start if spans else len(text))
    made = statement(
        scene,
        StatementKind.PROSE,
        says or text,
        match or NameMatch(value=text, kind="unknown-name"),
        scene.at(piece.block, piece.offset, len(text)),
        scope=scope,
    )
    return _with(made, piece, limits)


_SUBJECT_ID = re.compile(r"^\W*([\w.-]+/[\w.-]+)\s*[:|：]")
_SUBJECT_NAME = re.compile(r"^\W*([A-Z][\w.]*(?:-[\w.]+)+)\b")
_VARIANT = re.compile(
    r"\b(base|chat|instruct(?:ion)?|sft|dpo|rlhf)(?:[- ]tuned)?[- ](?:models?|checkpoints?|versions?|variants?|weights)\b",
    re.IGNORECASE,
)
_VARIANTS = ("base", "chat", "instruct", "sft", "dpo", "rlhf")


def _of_another_model(scene: Scene, subject: str) -> bool:
    """Whether the words before a license's name are another repository's, a sibling's or another variant's."""
    named = _SUBJECT_ID.match(subject)
    if named:
        return named[1].lower() != scene.snapshot.id.lower()
    ours = plain(scene.name)
    name = _SUBJECT_NAME.match(subject)
    if name and plain(name[1]).startswith(ours) and plain(name[1]) != ours:
        return True
    variants = [match.lower().removesuffix("ion") for match in _VARIANT.findall(subject)]
    mine = [word for word in _VARIANTS if word in ours]
    if not variants or any(word in ours for word in variants):
        return False
    return variants != ["base"] or bool(mine)


def _specific(scene: Scene, names: tuple[str, ...]) -> tuple[str, ...]:
    """Without the family where one of its members is named too ("Creative Commons license (CC BY 4.0)")."""
    known = {name: scene.catalog.by_id(name) for name in names}

    def is_family_of_another(name: str) -> bool:
        license_ = known[name]
        if license_ is None or license_.kind != "family":
            return False
        others = [other for key, other in known.items() if key != name and other is not None]
        return any(o.id in license_.members or (o.family and o.family == license_.family) for o in others)

    return tuple(name for name in names if not is_family_of_another(name))


def _behind_links(scene: Scene, piece: _Piece, said: tuple[str, ...]) -> tuple[str, ...]:
    """The member of a family that the link behind the family's name leads to: "[Modified MIT](https://...)"."""
    families = [f for id_ in said if (f := scene.catalog.by_id(id_)) is not None and f.kind == "family"]
    if not families:
        return ()
    urls = [link.url for link in piece.block.links if link.text and link.text in piece.text]
    found = [id_ for url in urls[:8] for span in find_names(url, scene.catalog) for id_ in span.licenses]
    return tuple(id_ for id_ in found if any(id_ in family.members for family in families))


def _named(scene: Scene, piece: _Piece, names: tuple[str, ...], start: int) -> tuple[NameMatch | None, str]:
    """The license named in a clause: a known one, a known model's, or one that we don't know."""
    text = piece.text
    if names:
        choice = (
            re.search(r"\b(?:either|choose|your choice|at your option|dual)\b|\bor\b", text, re.I)
            if len(names) > 1
            else None
        )
        joined: Joined = "single" if len(names) == 1 else ("any" if choice else "all")
        return NameMatch(value=text, kind="known", licenses=names, joined=joined), text
    if _SAME_AS.search(text):
        for family, _, _ in scene.known.families_in(text):
            if family.license:
                return resolve_tag(family.license, scene.catalog), text
    context = piece.labelled is not None or piece.in_section
    if context and piece.block.text.count("\n") < 3 and len(text) < 60:
        part = _PART.match(text)
        name = text[part.end() - 1 :] if part and piece.labelled is None else text
        if piece.labelled is not None or _BARE_NAME.fullmatch(name):
            match = resolve_tag(name.strip(" .[]()*_`"), scene.catalog)
            if match.kind in ("known", "family", "placeholder", "none", "other"):
                return match, text
    custom = _CUSTOM.search(text)
    if custom:
        name = next(group for group in custom.groups() if group).strip()
        return resolve_tag(name, scene.catalog), name
    return None, text


def _is_custom(text: str) -> bool:
    return _CUSTOM.search(text) is not None


def _limits(scene: Scene, text: str, *, license_context: bool) -> tuple[Limit, ...]:
    return tuple(
        limit
        for limit in scene.lexicon.limits
        if (limit.anywhere or license_context) and limit.phrases.search(text) is not None
    )


_PART = re.compile(r"^\W*([\w][\w &/().-]{1,60}?)\s*[:：]\s*\S")


def _subjects(text: str) -> frozenset[str]:
    text = _OF_THE_MODEL.sub("", text)
    return frozenset(name for name, pattern in _SUBJECTS if pattern.search(text))


def _scope(piece: _Piece, name_at: int) -> frozenset[str]:
    """What the statement speaks of: the subjects before the license's name, or those of the label."""
    label = piece.labelled or ""
    part = _PART.match(piece.text)
    if (
        piece.block.kind == "item"
        and piece.in_section
        and part
        and not _SPEAKS.search(part[1])
        and not _subjects(part[1])
    ):
        return frozenset({"part"})
    for text in (piece.text[:name_at], label, piece.before, piece.text[name_at:] if not label else ""):
        found = _subjects(text)
        if "data" in found and re.search(r"\btrain(?:ed|ing)?\b[^.]{0,40}\bdata\b", text) and len(found) > 1:
            found -= {"data"}
        if found:
            return _whole(found, text)
        if re.match(r"\s*(?:this|the) (?:repo|project|release|work)\b", text, re.I):
            return frozenset({"release"})
    return frozenset({"release"})


def _whole(found: frozenset[str], text: str) -> frozenset[str]:
    """A repository with its weights is the release; `code repository` is code only."""
    if (
        found == {"code"}
        and re.search(r"\b(?:this|the) (?:repo(?:sitory)?)\b", text, re.I)
        and not re.search(r"\bcode\b|代码", text, re.I)
    ):
        return frozenset({"release"})
    return found


def _with(made: LicenseStatement, piece: _Piece, limits: tuple[Limit, ...]) -> LicenseStatement:
    grants = [limit.grant for limit in limits]
    if made.grant is not Grant.UNDETERMINED or made.licenses:
        grants.append(made.grant)
    elif not limits:
        grants.append(Grant.UNDETERMINED)
    grant = _strictest(grants)
    terms = (*made.terms, *(limit.term for limit in limits if limit.term not in made.terms))
    comment = piece.block.kind == "comment"
    return replace(
        made,
        says=quote(made.says),
        grant=grant,
        terms=tuple(dict.fromkeys(terms)),
        quote=quote(piece.text),
        confidence=0.9 if piece.labelled is not None or piece.in_section else 0.7,
        claimed=made.claimed and not comment,
        note="in an HTML comment, which no reader sees" if comment else made.note,
        added=tuple(limit.id for limit in limits if limit.term not in made.terms),
    )


def _strictest(grants: list[Grant]) -> Grant:
    """The strictest that is known; undetermined only where nothing else is said."""
    order = (Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)
    known = [grant for grant in grants if grant is not Grant.UNDETERMINED]
    if Grant.UNDETERMINED in grants and Grant.RESEARCH_ONLY not in known and Grant.RESTRICTED not in known:
        return Grant.UNDETERMINED
    return max(known, key=order.index, default=Grant.UNDETERMINED)


def _distinct(statements: list[LicenseStatement]) -> Iterator[LicenseStatement]:
    seen = set()
    for made in statements:
        key = (made.says, made.scope, made.licenses, made.grant)
        if key not in seen:
            seen.add(key)
            yield made
