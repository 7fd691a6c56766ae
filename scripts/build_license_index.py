"""Build the license index and its manifest from SPDX's list, ScanCode's LicenseDB and the AI license collection.

    python scripts/build_license_index.py --spdx DIR --scancode WHEEL_OR_DIR --collection DIR --output DIR

SPDX: the `src/` folder of spdx/license-list-XML. ScanCode: the unpacked or packed wheel of PyPI's
`scancode-toolkit-mini` (`pip download --no-deps scancode-toolkit-mini==32.5.0`). Collection: a folder with an
`index.json` and one `<id>.txt` a license. The same sources give the same bytes. `--check` compares with the
files that are there instead of writing them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import yaml

from openaudit.licenses.align import align
from openaudit.licenses.decoding import decode
from openaudit.licenses.grammar import Reader
from openaudit.licenses.index import Index, License
from openaudit.licenses.index_format import APPENDIX, NOTICE, PART, PLAIN, TEXT, TITLE
from openaudit.licenses.index_writer import ANY, Draft, DraftRegion, write_index
from openaudit.licenses.judge import Judgement, judge
from openaudit.licenses.lexicon import turns_anyhow
from openaudit.licenses.normalise import Signs
from openaudit.licenses.references import reduced
from openaudit.licenses.words import Words, canonical, read_words

FORMAT: Final = 1
INDEX_NAME: Final = "license_index.bin"
MANIFEST_NAME: Final = "license_manifest.json"
WORDS_IN_APPENDIX: Final = 30
MOST_WORDS_IN_APPENDIX: Final = (
    450  # longer optional parts are licenses of their own (the GPL inside the LGPL)
)
WORDS_IN_VARIANT: Final = 12  # of one difference in an observed variant
WORDS_IN_SOURCE: Final = 30  # of one difference between two collections' texts of one license

# Texts that say of themselves that they change a standard license (their heading or first added clause).
MODIFIES: Final = {
    "kimi-k2-modified-mit": "MIT",
    "kimi-k2.5-modified-mit": "MIT",
    "mistral-medium-3.5-modified-mit": "MIT",
    "minimax-m2-mit-attribution": "MIT",
}

# Collection ids of one family: licenses of one maker that differ by version or variant.
FAMILIES: Final = (
    ("llama", r"llama-[\d.]+-(?:community|research)"),
    ("llama-aup", r"(?:llama-[\w.-]*|codellama-)aup"),
    ("gemma", r"gemma-terms-.*"),
    ("gemma-prohibited-use", r"gemma-prohibited-use-.*"),
    ("qwen", r"qwen-.*|tongyi-.*"),
    ("falcon", r"falcon-(?!3-aup).*"),
    ("hunyuan", r"hunyuan-.*"),
    ("exaone", r"exaone-.*"),
    ("yi", r"yi-.*"),
    ("flux", r"flux-.*"),
    ("mistral", r"mistral-m.l-.*|mistral-mnpl-.*|mistral-mrl-.*"),
    ("stability", r"sdxl-.*|sd-turbo-nc|svd-community|sv3d-nc|stable-.*|stability-.*"),
    ("openrail", r"bigscience-.*|bigcode-.*|creativeml-.*|clay-openrail-m|aipubs-openrail-.*"),
    ("glm", r"chatglm.*|glm-.*|codegeex-.*|cogv.*"),
    ("openbmb-gml", r"openbmb-gml-.*"),
    ("minicpm", r"minicpm-.*"),
    ("kimi", r"kimi-.*"),
    ("minimax", r"minimax-.*"),
    ("nvidia-open-model", r"nvidia-open-model-.*"),
    ("openmdw", r"openmdw-.*"),
    ("responsible-ai-source", r"responsible-ai-source-.*"),
    ("fair-ai-public", r"fair-ai-public-.*"),
    ("deepseek-model", r"deepseek-model-.*"),
    ("lfm", r"lfm-.*"),
    ("ltx", r"ltxv?-.*"),
    ("hyperclova-x", r"hyperclova-.*"),
    ("grok", r"grok-2-.*"),
    ("apple-amlr", r"apple-amlr"),
    ("fish-audio", r"fish-audio-.*"),
    ("bilibili-model", r"bilibili-.*"),
    ("playground", r"playground-.*"),
    ("opencoder", r"opencoder-.*"),
    ("orion", r"orion-.*"),
    ("skywork", r"skywork-.*"),
    ("databricks-open-model", r"databricks-open-model"),
)


@dataclass(slots=True, kw_only=True)
class Source:
    """Where one text of a license came from."""

    collection: str
    path: str
    sha256: str
    use: str = "text"  # text, notice, variant (differences only), or why it was left out


@dataclass(slots=True, kw_only=True)
class Entry:
    """One license with all that the sources say of it."""

    id: str
    key: str
    spdx: str | None
    name: str
    rank: int
    scancode: str | None = None
    hub: str | None = None
    version: str | None = None
    family: str | None = None
    modifies: str | None = None
    exception: bool = False
    drafts: list[Draft] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def license(self) -> dict[str, object]:
        """The fields that the index keeps."""
        fields = License.__dataclass_fields__
        return {name: value for name, value in asdict_shallow(self).items() if name in fields}


def asdict_shallow(entry: Entry) -> dict[str, object]:
    """The fields of an entry without copying its drafts."""
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


def sha256(data: bytes) -> str:
    """The digest of a source text in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


# --- SPDX: XML templates ------------------------------------------------------------------------------------


NAMESPACE: Final = "{http://www.spdx.org/license}"
OPEN, CLOSE = "zqopen", "zqshut"  # written in capitals, so that they pass for names


def letters(number: int) -> str:
    """A number in letters, so that a marker is one word."""
    return "".join(chr(97 + int(digit)) for digit in str(number)) + "q"


class Template:
    """Walks one SPDX template and keeps its text with markers where regions begin and end."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.regions: list[tuple[int, list[str]]] = []  # flavour, alternatives as text

    def walk(self, node: ElementTree.Element) -> None:
        """Add the text of `node` and of what it holds."""
        tag = node.tag.removeprefix(NAMESPACE) if isinstance(node.tag, str) else ""
        if tag in ("copyrightText", ""):
            self.parts.append("\n\n zqcopy \n\n" if tag else " ")
            return
        if tag == "bullet":
            bullet = "".join(node.itertext()).strip()
            if not read_words(f"{bullet} Words").words[1:]:
                self.parts.append(f" zqlist {bullet} zqlistend ")
                return
        if tag in ("p", "br", "item", "list", "titleText", "standardLicenseHeader"):
            self.parts.append("\n" if tag == "br" else "\n\n")
        flavour = {
            "optional": PART,
            "bullet": PART,
            "alt": PLAIN,
            "titleText": TITLE,
            "standardLicenseHeader": PART,
        }.get(tag)
        if flavour is None:
            self._children(node)
        else:
            options = expand(node.get("match", "")) if tag == "alt" else [""]
            number = len(self.regions)
            self.regions.append((flavour, options))
            glued = self._glued(node)
            self.parts.append(f"{glued} {OPEN}{letters(number)} ".upper())
            self._children(node)
            self.parts.append(f" {CLOSE}{letters(number)} ".upper())
        if tag in ("p", "item", "titleText"):
            self.parts.append("\n")

    def _glued(self, node: ElementTree.Element) -> str:
        """A sign where a region starts inside a word ("and/or" does not, "name(s)" does)."""
        before = self.parts[-1] if self.parts else ""
        first = "".join(node.itertext())[:1]
        return " zqglue " if before[-1:].isalnum() and first.isalnum() else ""

    def _children(self, node: ElementTree.Element) -> None:
        if node.text:
            self.parts.append(re.sub(r"\s+", " ", node.text))
        for child in node:
            self.walk(child)
            if child.tail:
                self.parts.append(re.sub(r"\s+", " ", child.tail))


def expand(pattern: str) -> list[str]:
    """The texts that an SPDX `match` expression accepts; `zqany` stands for free text.

    Expressions that allow too many texts become free text as a whole.
    """
    try:
        found = Expander(pattern).parse()
    except (ValueError, IndexError):
        return ["zqany"]
    return sorted(found) if len(found) <= 200 else ["zqany"]


class Expander:
    """A reader of the small part of regular expressions that SPDX's templates use."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    def parse(self) -> set[str]:
        """All texts; raises ValueError for syntax that is not understood or for too many."""
        found = self._alternation()
        if self.place != len(self.pattern):
            raise ValueError(self.pattern)
        return found

    def _alternation(self) -> set[str]:
        found = self._sequence()
        while self._peek() == "|":
            self.place += 1
            found |= self._sequence()
        return found

    def _sequence(self) -> set[str]:
        found = {""}
        while self._peek() not in ("", "|", ")"):
            options = self._quantified(self._atom())
            found = {one + two for one in found for two in options}
            if len(found) > 400:
                raise ValueError(self.pattern)
        return found

    def _peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def _atom(self) -> set[str]:
        """The texts of one atom."""
        character = self._peek()
        self.place += 1
        if character == "(":
            if self.pattern.startswith("?:", self.place):
                self.place += 2
            found = self._alternation()
            if self._peek() != ")":
                raise ValueError(self.pattern)
            self.place += 1
            return found
        if character == "[":
            return self._class()
        if character == ".":
            return {" zqany "}
        if character == "\\":
            escaped = self._peek()
            self.place += 1
            if escaped in "dwS":
                return {" zqany "}
            return {" " if escaped in "sntr" else escaped}
        return {character}

    def _class(self) -> set[str]:
        stop = self.pattern.index("]", self.place + 1)
        inside = self.pattern[self.place : stop]
        self.place = stop + 1
        if "-" in inside[1:-1] or inside.startswith("^"):
            return {" zqany "}
        if " " in inside or "\\t" in inside:
            return {" "}
        return set(inside.replace("\\", "").lower())

    def _quantified(self, options: set[str]) -> set[str]:
        rest = self.pattern[self.place :]
        if match := re.match(r"([?*+])\??|\{(\d*)(?:,(\d*))?\}", rest):
            self.place += match.end()
            least = match.group(2) or "1"
            if match.group(1) in ("?", "*") or (match.group(1) is None and least == "0"):
                return options | {""}
            return options
        return options


def spdx_entries(folder: Path) -> Iterator[Entry]:
    """SPDX's licenses and exceptions, without the ids that newer ones replace."""
    paths = sorted([*folder.glob("*.xml"), *folder.glob("exceptions/*.xml")])
    for path in paths:
        raw = path.read_bytes()
        root = ElementTree.fromstring(raw)[0]
        if root.find(f"{NAMESPACE}obsoletedBys") is not None or root.get("isDeprecated") == "true":
            continue
        id_ = root.get("licenseId", "")
        exception = root.tag == f"{NAMESPACE}exception"
        entry = Entry(id=id_, key=id_, spdx=id_, name=root.get("name", id_), rank=0, exception=exception)
        entry.names |= {id_, entry.name}
        label = f"spdx/{path.relative_to(folder).as_posix()}"
        text = root.find(f"{NAMESPACE}text")
        shares_text = id_.endswith("-or-later") or "invariants" in id_
        if text is not None and not shares_text:
            entry.drafts.append(template_draft(id_, text, TEXT))
        entry.sources.append(Source(collection="spdx", path=label, sha256=sha256(raw)))
        header = root.find(f".//{NAMESPACE}standardLicenseHeader")
        if header is not None and not exception and "invariants" not in id_:
            notice = template_draft(id_, header, NOTICE)
            if len(notice.words) >= 8:
                entry.drafts.append(notice)
        yield entry


def template_draft(id_: str, node: ElementTree.Element, kind: int) -> Draft:
    """A template as words and regions."""
    template = Template()
    template._children(node)
    words = [canonical(word) for word in read_words(placeholders("".join(template.parts)), SIGNS).words]
    draft = Draft(license=id_, words=[], kind=kind)
    opened: dict[str, int] = {}
    numbers = {letters(number): region for number, region in enumerate(template.regions)}
    glue: set[int] = set()
    holes: list[int] = []
    signed = Signed(draft)
    for word in words:
        if signed.take(word):
            continue
        if word.startswith(OPEN) and word[len(OPEN) :] in numbers:
            opened[word[len(OPEN) :]] = len(draft.words)
        elif word.startswith(CLOSE) and word[len(CLOSE) :] in opened:
            close_region(draft, opened.pop(word[len(CLOSE) :]), numbers[word[len(CLOSE) :]], glue)
        elif word == "zqglue":
            glue.add(len(draft.words))
        elif not place_hole(draft, word, holes) and not word.startswith("zq"):
            draft.words.append(word)
    mark_appendices(draft)
    return draft


def close_region(draft: Draft, start: int, region: tuple[int, list[str]], glue: set[int]) -> None:
    """File a region that ends here, with its alternatives as words."""
    flavour, options = region
    end = len(draft.words)
    alternatives = sorted({option_words(option) for option in options})
    if start in glue and end - start == 1 and start:
        stem = draft.words[start - 1]
        whole = stem + draft.words[start]
        draft.words[start - 1 :] = [whole]
        region_options = [(stem + "".join(option),) for option in alternatives if len(option) <= 1] + [
            (stem,)
        ]
        draft.regions.append(
            DraftRegion(start=start - 1, end=start, flavour=PLAIN, alternatives=sorted(set(region_options)))
        )
        return
    if start == end and not any(alternatives):
        return
    if any(
        option[:3] == ("neither", "the", "name") for option in [*alternatives, tuple(draft.words[start:end])]
    ):
        alternatives = sorted({*alternatives, *ENDORSERS})
    draft.regions.append(DraftRegion(start=start, end=end, flavour=flavour, alternatives=alternatives))


# Whose name may not be used for endorsement, and how that is put, does not change the license.
ENDORSERS: Final = tuple(
    tuple(ANY if word == "*" else word for word in pattern.split())
    for pattern in (
        "neither the name * nor the names of * may",
        "neither the names * nor the names of * may",
        "neither the name * nor the name of * may",
        "neither the name * nor those of * may",
        "neither the names * nor those of * may",
        "neither the name * nor * contributors may",
        "neither the name * nor * may",
        "neither the names * nor * may",
        "neither * nor the names of * may",
        "neither the name of * may",
        "neither the names of * may",
        "the name * may not",
        "name * may not",
        "names * may not",
        "the names * may not",
        "none of the names * may",
    )
)


def option_words(option: str) -> tuple[str, ...]:
    """One alternative as canonical words."""
    return tuple(ANY if word == "zqany" else canonical(word) for word in read_words(option).words)


PLACEHOLDER: Final = re.compile(
    r"([<\[{]{1,2})([^<>\[\]{}]{0,60}?\b(?:name|year|owner|holder|organi[sz]ation|author|company|insert|date|yyyy|your|project"
    r"|licensor|address|city|state|country|program)s?\b[^<>\[\]{}]{0,60}?)([>\]}]{1,2})(?!\()",
    re.IGNORECASE,
)


def placeholders(text: str) -> str:
    """The text with signs inside each placeholder, around its words; capitals, so that they pass for names."""
    return PLACEHOLDER.sub(r"\1 ZQOPENHOLE \2 ZQSHUTHOLE \3", text)


SIGNS: Final = Signs(
    list_number=r" zqlist \1 zqlistend ", copyright=" zqcopy ", link=r" zqlink \1 zqlinkend "
)


class Signed:
    """Takes what a text may or may not show: list numbers, copyright statements, addresses behind links."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._inside: list[str] | None = None

    def take(self, word: str) -> bool:
        """Whether `word` is no word of the license itself."""
        if word == "zqcopy":
            self._allow((ANY,))
        elif word in ("zqlist", "zqlink"):
            self._inside = []
        elif word in ("zqlistend", "zqlinkend"):
            inside = [canonical(one) for one in self._inside or ()]
            if inside and not (len(inside) == 1 and inside[0].isalpha()):
                self._allow(tuple(inside))
            self._inside = None
        elif self._inside is not None:
            self._inside.append(word)
        else:
            return False
        return True

    def _allow(self, option: tuple[str, ...]) -> None:
        place = len(self._draft.words)
        if place > 0:
            add_option(self._draft, place, place, option)


def place_hole(draft: Draft, word: str, holes: list[int]) -> bool:
    """Take a sign of a placeholder; False for any other word."""
    if word == "zqopenhole":
        holes.append(len(draft.words))
    elif word == "zqshuthole":
        if holes and len(draft.words) > holes[-1]:
            draft.regions.append(
                DraftRegion(start=holes.pop(), end=len(draft.words), flavour=PLAIN, alternatives=[(ANY,)])
            )
    else:
        return False
    return True


def mark_appendices(draft: Draft) -> None:
    """Long optional parts before or behind everything that is required may be kept in part."""
    required = bytearray(b"\1") * len(draft.words)
    for region in draft.regions:
        if region.flavour in (PART, TITLE):
            required[region.start : region.end] = bytes(region.end - region.start)
    first, last = required.find(1), required.rfind(1) + 1
    for region in draft.regions:
        fitting = WORDS_IN_APPENDIX <= region.end - region.start <= MOST_WORDS_IN_APPENDIX
        if region.flavour == PART and fitting and (region.end <= first or region.start >= last):
            region.flavour = APPENDIX


# --- plain texts ----------------------------------------------------------------------------------------------


def text_draft(id_: str, text: str) -> Draft:
    """A plain text as words; its heading may be left out, its placeholders filled in."""
    draft = Draft(license=id_, words=[])
    holes: list[int] = []
    signed = Signed(draft)
    for word in read_words(placeholders(text), SIGNS).words:
        if not signed.take(word) and not place_hole(draft, word, holes):
            draft.words.append(canonical(word))
    title = heading_words(text)
    if 0 < title < len(draft.words) // 2:
        draft.regions.append(DraftRegion(start=0, end=title, flavour=TITLE, alternatives=[()]))
    return draft


MOST_WORDS_IN_HEADING: Final = 16
CJK: Final = re.compile("[\u3400-\u9fff]")
WORDS_IN_HALF: Final = 120


def halves(id_: str, words: tuple[str, ...]) -> list[Draft]:
    """The two halves of a text that says the same in Chinese and in a Latin script, each a text of its own."""
    marks = [CJK.match(word) is not None for word in words]
    if not 0.15 < sum(marks) / (len(marks) or 1) < 0.85:
        return []
    right = sum(
        marks
    )  # Chinese words behind the cut; the best cut has one script before it, the other behind
    best, cut, before = -1.0, 0, 0
    for place, mark in enumerate(marks):
        purity = abs(before - (place - before)) + abs(
            (right - before) - (len(marks) - place - right + before)
        )
        if purity > best:
            best, cut = purity, place
        before += mark
    if (
        best < 0.8 * len(marks)
        or min(cut, len(marks) - cut) < WORDS_IN_HALF
        or any(marks[:40]) == any(marks[-40:])
    ):
        return []
    return [Draft(license=id_, words=list(words[:cut])), Draft(license=id_, words=list(words[cut:]))]


def heading_words(text: str) -> int:
    """How many words the heading has: short lines without a full stop up to the first blank one."""
    words = read_words(text[:4000])
    count = 0
    for number, line in enumerate(words.source[:12]):
        found = sum(1 for at in words.lines[:80] if at == number + 1)
        if found == 0:
            if count:
                break
            continue
        if count + found > MOST_WORDS_IN_HEADING or (
            line.rstrip().endswith((".", ";", ",", ":")) and not line.rstrip().endswith("inc.")
        ):
            break
        count += found
    return count


# --- ScanCode -------------------------------------------------------------------------------------------------


FRONT_MATTER: Final = re.compile(r"---\n(.*?)\n---[ ]*\n?(.*)", re.DOTALL)


class ScanCode:
    """ScanCode's LicenseDB and rules, from the wheel or from an unpacked folder."""

    def __init__(self, path: Path) -> None:
        self._folder = path if path.is_dir() else None
        self._wheel = None if path.is_dir() else zipfile.ZipFile(path)

    def _files(self, prefix: str, suffix: str) -> Iterator[tuple[str, bytes]]:
        if self._folder is not None:
            for file in sorted((self._folder / prefix).glob(f"*{suffix}")):
                yield file.name, file.read_bytes()
            return
        assert self._wheel is not None
        for name in sorted(self._wheel.namelist()):
            if name.startswith(prefix) and name.endswith(suffix):
                yield name.rsplit("/", 1)[1], self._wheel.read(name)

    def licenses(self) -> Iterator[tuple[dict[str, Any], str, str]]:
        """Front matter, text and digest of every license that is in force and has a text of its own."""
        for name, raw in self._files("licensedcode/data/licenses/", ".LICENSE"):
            match = FRONT_MATTER.match(raw.decode("utf-8"))
            if match is None:
                continue
            facts = yaml.load(match.group(1), Loader=yaml.CSafeLoader)
            left_out = facts.get("is_deprecated") or facts.get("is_generic") or facts.get("is_unknown")
            if left_out or facts.get("category") == "CLA" or not match.group(2).strip():
                continue
            facts["path"] = f"scancode/licenses/{name}"
            yield facts, match.group(2), sha256(raw)

    def variants(self) -> Iterator[tuple[str, str, str, str]]:
        """License key, text, path and digest of every observed license text."""
        for name, raw in self._files("licensedcode/data/rules/", ".RULE"):
            if b"is_license_text: yes" not in raw:
                continue
            match = FRONT_MATTER.match(raw.decode("utf-8"))
            if match is None:
                continue
            facts = yaml.load(match.group(1), Loader=yaml.CSafeLoader)
            expression = str(facts.get("license_expression", ""))
            if facts.get("is_deprecated") or " " in expression or facts.get("relevance", 100) != 100:
                continue
            text = match.group(2).replace("{{", " ").replace("}}", " ")
            yield expression, text, f"scancode/rules/{name}", sha256(raw)


# --- putting the sources together -------------------------------------------------------------------------------


class Builder:
    """Collects licenses and their texts; a license that several sources have is one license."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.by_scancode: dict[str, str] = {}
        self.pending: list[
            tuple[str, str, Source]
        ] = []  # license id, text, source: of SPDX licenses elsewhere
        self.report: list[str] = []
        self.frozen: list[Draft] = []  # as in the index that variants are compared with
        self.places: dict[str, list[int]] = {}

    def add_spdx(self, folder: Path) -> None:
        """SPDX first: its templates are the reference texts."""
        for entry in spdx_entries(folder):
            self.entries[entry.id] = entry

    def add_scancode(self, scancode: ScanCode) -> None:
        """ScanCode's texts: differences of SPDX's licenses, and the licenses that SPDX has not."""
        for facts, text, digest in scancode.licenses():
            key = str(facts["key"])
            listed = str(facts.get("spdx_license_key") or f"LicenseRef-scancode-{key}")
            source = Source(collection="scancode", path=facts["path"], sha256=digest)
            names = {key, str(facts.get("short_name", key)), str(facts.get("name", key))}
            if listed in self.entries:
                entry = self.entries[listed]
                entry.scancode = entry.scancode or key
                entry.names |= names
                self.by_scancode[key] = listed
                if not listed.endswith("-or-later") and "invariants" not in listed:
                    self.pending.append((listed, text, source))
                continue
            id_ = f"LicenseRef-scancode-{key}"
            entry = Entry(id=id_, key=key, spdx=None, name=str(facts.get("name", key)), rank=2, scancode=key)
            entry.exception = bool(facts.get("is_exception"))
            entry.names |= names
            entry.drafts.append(text_draft(id_, text))
            entry.sources.append(source)
            self.entries[id_] = entry
            self.by_scancode[key] = id_

    def add_collection(self, folder: Path) -> None:
        """The AI collection: its texts lead where SPDX has none."""
        items = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        claims = self._claims(folder, items)
        twins: dict[tuple[str, ...], Entry] = {}
        for item in items:
            raw = (folder / f"{item['id']}.txt").read_bytes()
            text = decode(raw)
            source = Source(collection="collection", path=f"collection/{item['id']}.txt", sha256=sha256(raw))
            names = {item["id"], item["name"]}
            if item["spdx"] in self.entries:
                entry = self.entries[item["spdx"]]
                entry.names |= names
                entry.hub = entry.hub or item["hugging_face"]
                entry.family = entry.family or family_of(item["id"])
                self.pending.append((entry.id, text, source))
                continue
            words = tuple(text_draft("", text).words)
            twin = twins.get(words)
            if twin is not None:
                source.use = "same words"
                twin.names |= names
                twin.sources.append(source)
                self.report.append(f"{item['id']} has the same words as {twin.id}")
                continue
            entry = twins[words] = self._collection_entry(item, claims)
            entry.names |= names
            entry.drafts[:0] = [text_draft(entry.id, text), *halves(entry.id, words)]
            entry.sources.append(source)

    def _claims(self, folder: Path, items: list[dict[str, Any]]) -> dict[str, str]:
        """Which item of the collection has the very text of which ScanCode key: the closest, if close enough."""
        claims: dict[str, tuple[float, str]] = {}
        for item in items:
            key = item["scancode"]
            if item["spdx"] in self.entries or key not in self.by_scancode:
                continue
            reference = self.entries[self.by_scancode[key]].drafts[0].words
            words = text_draft("", decode((folder / f"{item['id']}.txt").read_bytes())).words
            likeness = word_likeness(words, reference)
            self.report.append(f"{item['id']}: {likeness:.3f} like ScanCode's {key}")
            if likeness >= 0.93 and (key not in claims or likeness > claims[key][0]):
                claims[key] = (likeness, item["id"])
        return {id_: key for key, (_, id_) in claims.items()}

    def _collection_entry(self, item: Mapping[str, Any], claims: Mapping[str, str]) -> Entry:
        id_ = f"LicenseRef-openaudit-{item['id']}"
        entry = Entry(id=id_, key=item["id"], spdx=None, name=item["name"], rank=1)
        if key := claims.get(item["id"]):
            there = self.entries[self.by_scancode[key]]
            entry.id, entry.scancode = there.id, key
            entry.names |= there.names
            for source in there.sources:
                source.use = "variant"
            entry.sources += there.sources
            entry.drafts += there.drafts
        entry.version = str(item["version"]) if item["version"] is not None else None
        entry.family = family_of(item["id"])
        entry.hub = item["hugging_face"]
        entry.modifies = MODIFIES.get(item["id"])
        self.entries[entry.id] = entry
        return entry

    def merge_twins(self) -> None:
        """A ScanCode license whose words are those of an SPDX license is that license."""
        own = {
            tuple(draft.words): entry
            for entry in self.ordered()
            if entry.rank == 0
            for draft in entry.drafts
            if draft.kind == TEXT
        }
        for entry in self.ordered():
            twin = own.get(tuple(entry.drafts[0].words)) if entry.rank == 2 else None
            if twin is None:
                continue
            for source in entry.sources:
                source.use = "same words"
            twin.sources += entry.sources
            twin.names |= entry.names
            twin.scancode = twin.scancode or entry.scancode
            self.by_scancode[entry.key] = twin.id
            del self.entries[entry.id]
            self.report.append(f"{entry.id} has the same words as {twin.id}")

    def write(self) -> bytes:
        """The index of what was collected so far."""
        entries = self.ordered()
        drafts = [draft for entry in entries for draft in entry.drafts]
        return write_index([entry.license() for entry in entries], drafts, self.aliases())

    def ordered(self) -> list[Entry]:
        """SPDX, the collection, ScanCode; each by id."""
        return sorted(self.entries.values(), key=lambda entry: (entry.rank, entry.id.lower(), entry.id))

    def aliases(self) -> dict[tuple[str, ...], str]:
        """Names in canonical words; a name that two licenses share is left out, unless one is SPDX's own id."""
        found: dict[tuple[str, ...], set[str]] = {}
        own: dict[tuple[str, ...], str] = {}
        for entry in self.ordered():
            for name in entry.names:
                words = tuple(reduced(read_words(name).words))
                if 0 < len(words) <= 12 and (len(words) > 1 or entry.rank < 2):
                    found.setdefault(words, set()).add(entry.id)
            if entry.spdx:
                own[tuple(reduced(read_words(entry.spdx).words))] = entry.id
        single = {words: next(iter(ids)) for words, ids in found.items() if len(ids) == 1}
        return dict(sorted({**single, **own}.items()))

    def add_parts(self) -> None:
        """A policy that a license's file holds whole is an optional part of that license."""
        index = Index(self.write())
        numbers = {draft_key(draft): place for place, draft in enumerate(self._drafts())}
        policies = [entry for entry in self.ordered() if entry.rank == 1 and entry.key.endswith("-aup")]
        holders = [entry for entry in self.ordered() if entry.rank == 1 and not entry.key.endswith("-aup")]
        for holder in holders:
            stem = holder.key.removesuffix("-community")
            for policy in policies:
                if policy.key == f"{stem}-aup":
                    self._mark_part(index, holder, policy, numbers)

    def _drafts(self) -> list[Draft]:
        return [draft for entry in self.ordered() for draft in entry.drafts]

    def _mark_part(self, index: Index, holder: Entry, policy: Entry, numbers: Mapping[int, int]) -> None:
        reference = index.reference(numbers[draft_key(policy.drafts[0])])
        for draft in holder.drafts:
            words = index.numbers(draft.words)
            runs = align(words, 0, len(words), reference)
            matched = sum(run.size for run in runs)
            if matched < 0.9 * len(reference.words) or len(words) < 1.3 * len(reference.words):
                continue
            start, end = runs[0].text - runs[0].reference, runs[-1].text + runs[-1].size
            end = max(end, len(draft.words) if len(draft.words) - end < 40 else end)
            draft.regions.append(DraftRegion(start=max(0, start), end=end, flavour=PART, alternatives=[()]))
            self.report.append(f"{holder.id} holds {policy.id} as words {start} to {end}")

    def add_variants(self, scancode: ScanCode) -> None:
        """Differences that reviewers saw in other copies of the same text become accepted alternatives."""
        index = Index(self.write())
        self.frozen = self._drafts()
        self.places = {}
        for place, draft in enumerate(self.frozen):
            if draft.kind == TEXT:
                self.places.setdefault(draft.license, []).append(place)
        for id_, text, source in self.pending:
            self._merge(index, id_, text, source, trusted=True)
        for key, text, path, digest in scancode.variants():
            id_ = self.by_scancode.get(key, "")
            if id_ and not id_.endswith("-or-later"):
                source = Source(collection="scancode", path=path, sha256=digest, use="variant")
                self._merge(index, id_, text, source, trusted=False)

    def _merge(self, index: Index, id_: str, text: str, source: Source, *, trusted: bool) -> None:
        """Take over a text's differences from the license's reference text, or the text itself."""
        entry = self.entries[id_]
        entry.sources.append(source)
        words = read_words(text)
        best = best_judgement(index, words, self.places.get(id_, []))
        if best is None or best.coverage < 0.6:
            self._keep_whole(entry, text, source, trusted=trusted)
            return
        if best.is_exact:
            source.use = "same words"
            return
        most = WORDS_IN_SOURCE if trusted else WORDS_IN_VARIANT
        if not all(self._harmless(words, hunk, best, index, most, trusted) for hunk in best.edits):
            self._keep_whole(entry, text, source, trusted=trusted)
            return
        source.use = "variant"
        draft = self.frozen[best.reference.number]
        for hunk in best.edits:
            option = tuple(canonical(word) for word in words.words[hunk.text_start : hunk.text_end])
            add_option(draft, hunk.start, hunk.end, option)

    @staticmethod
    def _harmless(words: Words, hunk: Any, best: Judgement, index: Index, most: int, trusted: bool) -> bool:
        added = words.words[hunk.text_start : hunk.text_end]
        removed = [index.word(number) for number in best.reference.words[hunk.start : hunk.end]]
        if len(added) > most or len(removed) > most:
            return False
        inside = (
            best.runs[0].reference <= hunk.start and hunk.end <= best.runs[-1].reference + best.runs[-1].size
        )
        return (trusted and inside) or (inside and not turns_anyhow(added) and not turns_anyhow(removed))

    def _keep_whole(self, entry: Entry, text: str, source: Source, *, trusted: bool) -> None:
        """A trusted text that differs at length is a second reference text of its license."""
        if not trusted or len(read_words(text).words) < 20:
            source.use = "left out: differs in words that may turn the meaning"
            return
        entry.drafts.append(text_draft(entry.id, text))
        self.report.append(f"{entry.id}: {source.path} is kept as a second text")


def allow_moved_addresses(draft: Draft) -> None:
    """The GNU project moved its licenses from gnu.org/copyleft to gnu.org/licenses; copies have either."""
    for place in range(2, len(draft.words)):
        if draft.words[place - 2 : place] == ["gnu", "org"] and draft.words[place] in (
            "copyleft",
            "licenses",
        ):
            for option in ("copyleft", "licenses"):
                add_option(draft, place, place + 1, (option,))


def draft_key(draft: Draft) -> int:
    """What tells drafts apart while the builder runs."""
    return id(draft)


def add_option(draft: Draft, start: int, end: int, option: tuple[str, ...]) -> None:
    """One more alternative for a stretch of a draft."""
    for region in draft.regions:
        if region.start == start and region.end == end and region.flavour == PLAIN:
            region.alternatives.append(option)
            return
    draft.regions.append(DraftRegion(start=start, end=end, flavour=PLAIN, alternatives=[option]))


def best_judgement(index: Index, words: Words, places: list[int]) -> Judgement | None:
    """The judgement against the reference text that explains most."""
    numbers = index.numbers(words.words)
    found = []
    for place in places:
        reference = index.reference(place)
        runs = align(numbers, 0, len(numbers), reference)
        if runs:
            reader = Reader(words=words.words, numbers=numbers, reference=reference, index=index)
            found.append(judge(reader, words, runs, 0, len(numbers)))
    return max(found, key=lambda judgement: judgement.worth, default=None)


def word_likeness(one: list[str], two: list[str]) -> float:
    """Share of equal three-word sequences, 0 to 1."""
    first, second = ({tuple(w[i : i + 3]) for i in range(len(w) - 2)} for w in (one, two))
    return len(first & second) / (len(first | second) or 1)


def family_of(id_: str) -> str | None:
    """The family of a license of the collection."""
    return next((family for family, pattern in FAMILIES if re.fullmatch(pattern, id_)), None)


def manifest(builder: Builder, index: bytes) -> bytes:
    """What the index was made of: every license with its ids, and every text with its source and digest."""
    licenses = [
        {
            "id": entry.id,
            "key": entry.key,
            "name": entry.name,
            "version": entry.version,
            "family": entry.family,
            "spdx": entry.spdx,
            "scancode": entry.scancode,
            "hub": entry.hub,
            "modifies": entry.modifies,
            "sources": [asdict(source) for source in entry.sources if not source.use.startswith("left out")],
        }
        for entry in builder.ordered()
    ]
    head = {"format": FORMAT, "index_sha256": sha256(index), "index_bytes": len(index)}
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in licenses)
    return (json.dumps(head)[:-1] + ', "licenses": [\n' + rows + "\n]}\n").encode()


def build(spdx: Path, scancode_path: Path, collection: Path) -> tuple[bytes, bytes, list[str]]:
    """Index, manifest, and remarks on what was decided."""
    builder = Builder()
    scancode = ScanCode(scancode_path)
    builder.add_spdx(spdx)
    builder.add_scancode(scancode)
    builder.merge_twins()
    builder.add_collection(collection)
    for entry in builder.entries.values():
        for draft in entry.drafts:
            allow_moved_addresses(draft)
    builder.add_parts()
    builder.add_variants(scancode)
    index = builder.write()
    return index, manifest(builder, index), builder.report


def main() -> int:
    """Build, then write or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spdx", type=Path, required=True, help="src/ of spdx/license-list-XML")
    parser.add_argument(
        "--scancode", type=Path, required=True, help="wheel of scancode-toolkit-mini, or unpacked"
    )
    parser.add_argument("--collection", type=Path, required=True, help="folder with index.json and the texts")
    parser.add_argument("--output", type=Path, required=True, help="folder for the index and its manifest")
    parser.add_argument("--check", action="store_true", help="compare with the files in the output folder")
    options = parser.parse_args()
    index, made, remarks = build(options.spdx, options.scancode, options.collection)
    files = {INDEX_NAME: index, MANIFEST_NAME: made}
    if options.check:
        stale = [name for name, raw in files.items() if (options.output / name).read_bytes() != raw]
        print(f"differs: {', '.join(stale)}" if stale else "the shipped index is what the sources give")
        return 1 if stale else 0
    options.output.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (options.output / name).write_bytes(raw)
    print(
        "\n".join([*remarks, f"{len(index)} bytes of index, {len(made)} bytes of manifest"]), file=sys.stderr
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
