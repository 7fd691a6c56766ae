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
            if any(map(str.isalnum, block.text[start:end])):
                titled = heading or _reads_as_heading(block.text[start:end].strip())
                yield _piece(block, start, end, own_lead or lead, titled)


# ---------------------------------------------------------------- folding

_CHARACTERS = (
    "業业許许軟软體体權权條条約约們们個个為为與与無无應应當当須须開开發发佈布處处義义務务範范圍围內内國国際际區区歐欧韓韩營营學学術术機机構构證证"
    "協协議议書书訂订變变終终銷销轉转讓让傳传輸输複复製制產产動动實实損损責责擔担項项獲获將将對对關关於于從从來来僅仅該该這这說说標标誌志聲声譽誉"
    "軍军違违規规據据庫库練练訓训餾馏結结論论賠赔償偿專专級级過过濾滤審审報报請请單单頁页號号還还總总額额達达萬万億亿歲岁員员戶户數数適适則则進进"
    "給给續续認认顯显網网點点統统後后經经濟济優优劃划遞递資资訊讯腦脑稱称閉闭簡简運运預预隱隐滿满類类財财絕绝並并領领銜衔質质東东亞亚臺台灣湾亂乱"
    "擾扰園园團团參参貢贡獻献釋释獨独屬属傷伤殺杀戰战爭争種种師师題题準准檢检測测試试衛卫療疗醫医藥药賣卖買买費费貿贸連连絡络聯联繫系蓋盖寫写語语"
    "調调諾诺謀谋護护賬账軌轨輕轻載载選选郵邮鏈链錄录錯错長长門门間间隨随雖虽雙双離离難难電电順顺頻频願愿顧顾風风飛飞餘余馬马驗验確确積积競竞節节"
    "組组維维編编緣缘織织職职臨临興兴舉举華华補补裝装裡里見见視视覺觉觸触計计記记設设訪访評评詞词詢询詳详誠诚誤误課课識识譯译貨货輔辅輪轮較较辦办"
    "農农遠远遲迟鄉乡針针鍵键陸陆隊队階阶險险雜杂響响頂顶頒颁飾饰養养"
)
"""Pairs of a Traditional character of licenses and the Simplified one that patterns are written with."""

_FOLD = {
    **dict(zip(map(ord, _CHARACTERS[::2]), _CHARACTERS[1::2], strict=True)),
    **{code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()},
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "‘’‚‛`´＇"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»「」『』＂"), '"'),
    ord("（"): "(",
    ord("）"): ")",
    ord("："): ":",
    ord("％"): "%",
    ord("＄"): "$",
}


def fold(text: str) -> str:
    """Lower case, plain quotes and hyphens, Simplified for the Traditional characters of licenses. Every
    character stays where it is."""
    translated = text.translate(_FOLD)
    lower = translated.lower()
    if len(lower) == len(translated):
        return lower
    return "".join(low if len(low := character.lower()) == 1 else character for character in translated)


# ---------------------------------------------------------------- blocks

_LEADERS = re.compile(r"[ \t]*(//+!?|\*(?=\s|$)|#|;+|--|>|%+|dnl\b|REM\b|rem\b|\.\.)[ \t]?")
_MARKUP = re.compile(
    r"\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}|__|`"
    r"|</?(?:p|li|br|b|i|em|strong|a|h[1-6]|ul|ol|div|span|td|tr|th|table|font|center)\b[^<>]{0,300}>"
)
_HEADING = re.compile(r"#{1,6}\s+")
_NUMERALS = "一二三四五六七八九十百0-9"
_MARK = re.compile(
    r"(?P<bullet>[-*+•·●▪◦■□‣–—]\s+)"
    r"|(?P<number>\(?(?P<digits>\d{1,3}(?:\.\d{1,3}){0,4})(?:[.)、）](?!\d)\s?|(?=\s)))"
    r"|(?P<roman>\(?(?:[ivx]{1,5}|[IVX]{1,5})[.)](?=\s|[^\s.]))"
    r"|(?P<letter>\(?[A-Za-z][.)](?=\s)|\([A-Za-z]\))"
    rf"|(?P<article>第[{_NUMERALS}]{{1,4}}[条章节條節])|(?P<count>[{_NUMERALS}]{{1,3}}、)|(?P<paren>[（(][{_NUMERALS}]{{1,3}}[）)])"
)
_TITLED = re.compile(r"\(?\d{1,3}[.)]\s+[\"“(]?[A-Z]")
_LATIN_WORD = re.compile(r"[A-Za-z]{4,}")
_SAYS = re.compile(
    r"\b(?:may|must|shall|can|cannot|will|is|are|be|not|no|never|except|exclud\w{2,4}|only|solely|exclusively|strictly|prohibited|forbidden)\b"
    r"|[不仅只禁限]"
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
        line = " ".join(_MARKUP.sub("", line.replace("|", " ").replace("\0", " ")).split())
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
        if last and not last.endswith(_ENDS) and not _TITLED.match(line):
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
        heading = (block.heading and not _SAYS.search(fold(block.text))) or _reads_as_heading(block.text)
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
    """Short, in capitals, and not a sentence: what says may, not or only is read as a clause, whatever its shape."""
    words = _LATIN_WORD.findall(text)
    if not words or len(text) > 90 or _SAYS.search(fold(text)):
        return False
    unfinished = not text.rstrip("* _").endswith(_ENDS) or (len(words) <= 4 and text.endswith((".", ":")))
    return unfinished and all(word[0].isupper() for word in words)


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
