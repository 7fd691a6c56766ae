"""A license text cut into the clauses that a lawyer would quote, each with its lines and the lead-in of its list."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MAX_CLAUSE_CHARS = 1_200
"""A longer clause is read in parts; no known license has one that says a new thing after so many characters."""
_LEAD_HEAD_CHARS = 110
_LEAD_TAIL_CHARS = 150
_MAX_LEADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One clause. `said` is its wording with blanks collapsed; `lead` the lead-in of the list that it is an item of
    ("You may not:"); `folded` is lead and wording as patterns see them, of the same length as `lead` plus a blank plus
    `said`; `starts` are the places in `said` where lines begin, `numbers` the numbers of these lines (from 1)."""

    said: str
    lead: str = ""
    folded: str = ""
    heading: bool = False
    starts: Sequence[int] = (0,)
    numbers: Sequence[int] = (1,)

    @property
    def offset(self) -> int:
        """Where `said` begins in `folded`."""
        return len(self.lead) + 1 if self.lead else 0

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """The first and last line of a span of `folded` (the part that is in the lead counts as the first line)."""
        return self._line(max(0, start - self.offset)), self._line(max(0, end - 1 - self.offset))

    def _line(self, at: int) -> int:
        return self.numbers[max(0, bisect_right(self.starts, at) - 1)]


def pieces(text: str) -> Iterator[Piece]:
    """The clauses of a text, in reading order: wrapped lines joined, lists, numbered clauses, Markdown, comment
    leaders and Chinese punctuation understood. Linear in the length of the text."""
    for block, lead, heading in _with_leads(_blocks(text)):
        for start, end, own_lead in _clauses(block.text):
            yield _piece(block, start, end, own_lead or lead, heading)


# ---------------------------------------------------------------- folding

_TRADITIONAL = (
    "業許軟體權條約們個為無與應當須開發佈佈處義務範圍內國際區域歐盟韓營商學術機構證協議書訂變終止銷轉讓傳輸複製衍產"
    "品動實際損責擔項獲將對關於從來僅該這說標誌聲譽軍違規據庫練訓蒸餾輸結論賠償專級過濾審報請書單頁號還對總額達萬億"
    "歲員戶數適當則准進讓給續認為續顯著網站點統續後經濟優劃遞遵資訊腦稱閉簡單製運行務預隱滿類財"
    "絕並領銜繼續質東亞臺灣亂擾園團體參與貢獻釋獨屬傷殺戰爭種"
)
_SIMPLIFIED = (
    "业许软体权条约们个为无与应当须开发布布处义务范围内国际区域欧盟韩营商学术机构证协议书订变终止销转让传输复制衍产"
    "品动实际损责担项获将对关于从来仅该这说标志声誉军违规据库练训蒸馏输结论赔偿专级过滤审报请书单页号还对总额达万亿"
    "岁员户数适当则准进让给续认为续显著网站点统续后经济优划递遵资讯脑称闭简单制运行务预隐满类财"
    "绝并领衔继续质东亚台湾乱扰园团体参与贡献释独属伤杀战争种"
)
_FOLD = {
    **dict(zip(map(ord, _TRADITIONAL), _SIMPLIFIED, strict=True)),
    **{code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()},
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "‘’‚‛`´＇"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»「」『』＂"), '"'),
    **dict.fromkeys(map(ord, "*_~"), " "),
    ord("（"): "(",
    ord("）"): ")",
    ord("："): ":",
    ord("％"): "%",
    ord("＄"): "$",
}


def fold(text: str) -> str:
    """Lower case, plain quotes and hyphens, Simplified for the Traditional characters of licenses, Markdown emphasis
    blanked. Every character stays where it is."""
    translated = text.translate(_FOLD)
    lower = translated.lower()
    if len(lower) == len(translated):
        return lower
    return "".join(low if len(low := character.lower()) == 1 else character for character in translated)


# ---------------------------------------------------------------- blocks

_LEADERS = re.compile(r"[ \t]*(//+!?|\*(?=\s|$)|#|;+|--|>|%+|dnl\b|REM\b|rem\b|\.\.)[ \t]?")
_HEADING = re.compile(r"#{1,6}\s+")
_NUMERALS = "一二三四五六七八九十百0-9"
_MARK = re.compile(
    r"(?P<bullet>[-*+•·●▪◦■□‣–—]\s+)"
    r"|(?P<number>\(?(?P<digits>\d{1,3}(?:\.\d{1,3}){0,4})(?:[.)、）](?!\d)\s?|(?=\s)))"
    r"|(?P<roman>\(?(?:[ivx]{1,5}|[IVX]{1,5})[.)](?=\s|[^\s.]))"
    r"|(?P<letter>\(?[A-Za-z][.)](?=\s)|\([A-Za-z]\))"
    rf"|(?P<article>第[{_NUMERALS}]{{1,4}}[条章节條節])|(?P<count>[{_NUMERALS}]{{1,3}}、)|(?P<paren>[（(][{_NUMERALS}]{{1,3}}[）)])"
)
_ENDS = tuple(".;:,!?)。；：，！？）")


@dataclass(slots=True, kw_only=True)
class _Block:
    """A paragraph or a list item, its lines joined. `style` is the kind of its list mark."""

    style: str = ""
    heading: bool = False
    text: str = ""
    starts: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, line: str, number: int) -> None:
        glue = ""
        if self.parts:
            glue = "" if _is_han(self.parts[-1][-1]) and _is_han(line[0]) else " "
            if self.parts[-1][-1] == "-" and line[0].isalpha() and self.parts[-1][-2:-1].isalpha():
                glue = ""
        self.parts.append(glue + line)
        self.length += len(glue)
        self.starts.append(self.length)
        self.numbers.append(number)
        self.length += len(line)

    def close(self) -> _Block:
        self.text = "".join(self.parts)
        return self


def _is_han(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def _blocks(text: str) -> Iterator[_Block]:
    lines = re.split(r"\r\n|[\n\r\f\v\u2028\u2029]", text)
    leader = _common_leader(lines)
    block: _Block | None = None
    last = ""
    for number, raw in enumerate(lines, 1):
        line = raw
        if leader and (match := _LEADERS.match(line)):
            line = line[match.end() :]
        line = " ".join(line.replace("|", " ").replace("\0", " ").split())
        heading = _HEADING.match(line)
        line = line[heading.end() :] if heading else line.lstrip("> ")
        if not line or not any(map(str.isalnum, line)):
            if block:
                yield block.close()
            block, last = None, ""
            continue
        style = _style(line, last)
        if block and (style or heading or block.heading):
            yield block.close()
            block = None
        if block is None:
            block = _Block(style=style, heading=bool(heading))
        block.add(line, number)
        last = line
    if block:
        yield block.close()


def _common_leader(lines: Sequence[str]) -> bool:
    """Whether most lines carry a comment leader: then stars and number signs are no bullets and headings."""
    full = [line for line in lines[:400] if line.strip()]
    led = sum(1 for line in full if _LEADERS.match(line))
    return led > 3 and led > 0.7 * len(full)


def _style(line: str, last: str) -> str:
    match = _MARK.match(line)
    if match is None:
        return ""
    kind = match.lastgroup or ""
    if match["digits"]:
        # "2.0" at the beginning of a wrapped line is a version, not the number of a clause
        if last and not last.endswith(_ENDS):
            return ""
        return f"number{match['digits'].count('.')}"
    if match["letter"] and last and not last.endswith(_ENDS) and not line.startswith("("):
        return ""
    return "number0" if kind == "digits" else kind


# ---------------------------------------------------------------- lists


def _with_leads(blocks: Iterator[_Block]) -> Iterator[tuple[_Block, str, bool]]:
    """Each block with the lead-in that applies to it, and whether it reads as a heading."""
    leads: list[tuple[str, str]] = []
    fresh = False
    for block in blocks:
        heading = block.heading or _reads_as_heading(block.text)
        if not (fresh and leads):
            while leads and (not block.style or block.style == leads[-1][0]):
                leads.pop()
        elif not block.style and not _continues(block.text):
            leads.pop()
        lead = leads[-1][1] if leads else ""
        yield block, lead, heading
        fresh = block.text.rstrip("* _").endswith((":", "：")) and not block.heading
        if fresh:
            own = _last_sentence(block.text)
            leads.append((block.style, _short(f"{lead} {own}".strip() if lead else own)))
            del leads[:-_MAX_LEADS]


def _continues(text: str) -> bool:
    return text[0].islower() or text[0] in "([\"'" or _is_han(text[0])


def _reads_as_heading(text: str) -> bool:
    return len(text) <= 90 and not text.rstrip("* _").endswith(_ENDS)


def _last_sentence(text: str) -> str:
    at = max(text.rfind(". ", 0, -1), text.rfind("。", 0, -1), text.rfind("; ", 0, -1))
    return text[at + 1 :].strip()


def _short(lead: str) -> str:
    if len(lead) <= _LEAD_HEAD_CHARS + _LEAD_TAIL_CHARS:
        return lead
    return f"{lead[:_LEAD_HEAD_CHARS]} … {lead[-_LEAD_TAIL_CHARS:]}"


# ---------------------------------------------------------------- clauses

_STOP = re.compile(r"[.!?][\"'”’)\]*_]{0,3}\s+|[。！？；;]\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|inc|corp|ltd|co|no|nos|sec|art|vs|v|cf|al|fig|u\.s|u\.k|u\.s\.c|st|mr|ms|dr|approx)|^\W{0,2}\w{1,3})$",
    re.IGNORECASE,
)
_ENUMERATOR = re.compile(r"(?<!\w)\((?:[a-h]|[ivx]{1,4}|[A-H]|[1-9]\d?)\)\s|(?<=[\s:：,;；])[①②③④⑤⑥⑦⑧⑨]")
_JOINED = re.compile(r"(?:and/or|or|nor|and not)\b", re.IGNORECASE)


def _clauses(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, lead) of each clause; the lead is that of a list within the sentence."""
    start, lead, previous = 0, "", (0, 0)
    for stop, semicolon in _stops(text):
        joined = lead and _JOINED.match(text[start : start + 12].lstrip())
        enumerated = [m.start() for m in _ENUMERATOR.finditer(text, start, stop)]
        opening = text[previous[0] : previous[1]]
        if len(enumerated) >= 2 or (enumerated and (semicolon or lead)):
            if enumerated[0] - start > 3 or not lead:
                lead = _short(text[start : enumerated[0]].strip()) or lead
                yield from _long(text, start, enumerated[0], "")
            for first, last in zip(enumerated, [*enumerated[1:], stop], strict=True):
                yield from _long(text, first, last, lead)
        else:
            yield from _long(text, start, stop, lead or _short(opening) if joined else "")
        previous = (start, stop)
        if semicolon:
            lead = lead or _short(text[start:stop].strip())
        else:
            lead = ""
        start = stop


def _stops(text: str) -> Iterator[tuple[int, bool]]:
    for match in _STOP.finditer(text):
        mark = match[0][0]
        if mark == "." and _ABBREVIATION.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        yield match.end(), mark in ";；"
    yield len(text), False


def _long(text: str, start: int, end: int, lead: str) -> Iterator[tuple[int, int, str]]:
    """A clause in parts of bounded length, cut at blanks and overlapping a little."""
    while end - start > MAX_CLAUSE_CHARS:
        cut = text.rfind(" ", start + MAX_CLAUSE_CHARS // 2, start + MAX_CLAUSE_CHARS)
        cut = cut if cut > 0 else start + MAX_CLAUSE_CHARS
        yield start, cut, lead
        start = cut - 120
    yield start, end, lead


def _piece(block: _Block, start: int, end: int, lead: str, heading: bool) -> Piece:
    said = block.text[start:end].rstrip()
    first = bisect_right(block.starts, start) - 1
    last = bisect_right(block.starts, end)
    return Piece(
        said=said,
        lead=lead,
        folded=fold(f"{lead} {said}" if lead else said),
        heading=heading,
        starts=[max(0, at - start) for at in block.starts[max(0, first) : last]],
        numbers=block.numbers[max(0, first) : last],
    )
