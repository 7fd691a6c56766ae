"""Which command lines load a model or dataset: programs, their subcommands and flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from openaudit.gate.discover import ids
from openaudit.gate.discover.keys import key_kind
from openaudit.gate.discover.python_loaders import spacy_model
from openaudit.gate.discover.sighting import Named, Sighting, Weight


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a word, by its offsets, and the place where it is written."""

    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a command line after quotes and variables; `line` and `column` are where its text is written."""

    text: str
    line: int
    column: int
    composed: bool = False
    spans: tuple[Span, ...] = ()
    """Where its parts are written, when quotes or variables put them elsewhere."""

    def part(self, start: int, end: int | None = None) -> Word:
        """The text from `start` to `end` as a word of its own, at its place."""
        stop = len(self.text) if end is None else end
        for span in self.spans:
            if span.start == start and span.end == stop:
                return Word(text=self.text[start:stop], line=span.line, column=span.column)
            if span.start == start:
                return Word(
                    text=self.text[start:stop], line=span.line, column=span.column, composed=self.composed
                )
        return Word(
            text=self.text[start:stop], line=self.line, column=self.column + start, composed=self.composed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """`vllm serve MODEL`: a program, its subcommands (none: any place), and how its first argument is read."""

    name: str
    subcommands: tuple[str, ...]
    reading: Callable[[str], Named | None]


def _ramalama(text: str) -> Named | None:
    for scheme in ("huggingface://", "hf://", "hf:"):
        if text.startswith(scheme):
            return ids.loaded_model(text[len(scheme) :].partition(":")[0]) or ids.hub_address(text)
    return (
        ids.ollama_model(text.removeprefix("ollama://").removeprefix("ollama:"))
        if ":/" not in text[9:]
        else None
    )


def _hub_only(text: str) -> Named | None:
    return ids.hub_address(text)


def _model_or_dataset(text: str) -> Named | None:
    return ids.loaded_model(text)


_PROGRAMS: tuple[_Program, ...] = (
    _Program(name="vllm", subcommands=("serve", "bench", "chat", "complete"), reading=ids.loaded_model),
    _Program(name="hf", subcommands=("download",), reading=_model_or_dataset),
    _Program(name="huggingface-cli", subcommands=("download", "scan"), reading=_model_or_dataset),
    _Program(name="ollama", subcommands=("run", "pull", "show"), reading=ids.ollama_model),
    _Program(name="ramalama", subcommands=("run", "pull", "serve"), reading=_ramalama),
    _Program(name="tune", subcommands=("download",), reading=ids.loaded_model),
    _Program(
        name="litgpt",
        subcommands=("download", "chat", "serve", "finetune", "generate"),
        reading=ids.loaded_model,
    ),
    _Program(name="transformers", subcommands=("chat", "serve", "run", "download"), reading=ids.loaded_model),
    _Program(name="transformers-cli", subcommands=("chat", "download"), reading=ids.loaded_model),
    _Program(name="sglang", subcommands=("serve",), reading=ids.loaded_model),
    _Program(name="aphrodite", subcommands=("run",), reading=ids.loaded_model),
    _Program(name="api_server", subcommands=(), reading=ids.loaded_model),  # lmdeploy serve api_server
    _Program(name="lms", subcommands=("get", "load"), reading=ids.keyed_model),
    _Program(name="spacy", subcommands=("download",), reading=spacy_model),
    _Program(name="docker", subcommands=("model",), reading=_hub_only),
    _Program(name="mlc_llm", subcommands=("chat", "serve"), reading=ids.loaded_model),
)
_SAYS_ONLY = frozenset(
    (
        "echo printf grep egrep rg sed awk apt apt-get apk pip pip3 conda brew npm yarn pnpm export test "
        "[ [[ cat ls rm mkdir cp mv chmod"
    ).split()
)
_HF_FLAGS = frozenset(
    {"-hf", "-hfr", "--hf-repo", "-hfd", "-hfrd", "--hf-repo-draft", "-hfv", "-hfrv", "--hf-repo-v"}
)
_SWITCHES = re.compile(
    r"-(?:[a-z]|it|ti|qq)|--(?:quiet|force|insecure|verbose|trust-remote-code|detach|rm|yes|no-.*|enable-.*|disable-.*|"
    r"resume-download|force-download|keepalive|pull|think|hidethinking|nowordwrap|dry-run|stream|interactive|direct|all)"
)
_REVISIONS = frozenset({"--revision", "--model-revision", "--model_revision"})
_SHORT_MODEL = re.compile(r"llama|vllm|mlx|lmdeploy|sglang|tgi|whisper|text-|llm|optimum|convert")
_NOT_FLAGS = re.compile(
    r"served|hub|push|output|out-|save|alias|type|format|impl|class|dir$|len|dtype|parallel|name-or$"
)
_JSON_MODEL = re.compile(r'"(?:model|draft_model|model_path)"\s*:\s*"([^"]{3,200})"')


def read_command(words: Sequence[Word]) -> Iterator[Sighting]:
    """What one command line loads. `words` is the command and its arguments, wrappers (`sudo`, `docker exec`) included."""
    if not words or words[0].text in _SAYS_ONLY:
        return
    words = words[:2_000]
    revision = _value_of(words, _REVISIONS)
    is_dataset = _value_of(words, frozenset({"--repo-type", "--repo_type"}))
    found: list[Sighting] = []
    found += _programs(words, revision)
    found += _flags(words, revision)
    found += _addresses(words)
    for sighting in found:
        if is_dataset == "dataset" and sighting.named.kind == "model":
            yield _as_dataset(sighting)
        elif is_dataset != "space":
            yield sighting


def _as_dataset(sighting: Sighting) -> Sighting:
    named = Named(
        target=f"datasets/{sighting.named.target}", kind="dataset", revision=sighting.named.revision
    )
    return Sighting(named=named, line=sighting.line, column=sighting.column, how=sighting.how,
                    revision=sighting.revision, guessed=sighting.guessed, weight=sighting.weight)  # fmt: skip


def _value_of(words: Sequence[Word], flags: frozenset[str]) -> str | None:
    for index, word in enumerate(words):
        flag, equals, value = word.text.partition("=")
        if flag in flags:
            if equals:
                return value or None
            if index + 1 < len(words) and not words[index + 1].text.startswith("-"):
                return words[index + 1].text
    return None


def program_of(word: str) -> str:
    """`/usr/bin/ollama` and `ollama.exe` are `ollama`."""
    return word.rsplit("/", 1)[-1].removesuffix(".exe")


def _programs(words: Sequence[Word], revision: str | None) -> Iterator[Sighting]:
    for index, word in enumerate(words):
        name = program_of(word.text)
        if (
            name == "git"
            and index + 1 < len(words)
            and "clone" in [w.text for w in words[index + 1 : index + 4]]
        ):
            yield from _clone(words[index:])
            return
        for program in _PROGRAMS:
            if program.name != name:
                continue
            after = index + 1
            if program.subcommands:
                if after >= len(words) or words[after].text not in program.subcommands:
                    continue
                after += 1
            how = " ".join([name, *(w.text for w in words[index + 1 : after])])
            yield from _first_argument(words[after:], program.reading, how, revision)
            return


def _first_argument(
    words: Sequence[Word], reading: Callable[[str], Named | None], how: str, revision: str | None
) -> Iterator[Sighting]:
    """The first word that is neither a flag nor a flag's value and names something."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text.startswith("-"):
            index += 1 if "=" in text or _SWITCHES.fullmatch(text) else 2
            continue
        if (named := reading(text)) is not None:
            yield _sighting(words[index], named, how, revision)
            return
        index += 1


def _clone(words: Sequence[Word]) -> Iterator[Sighting]:
    branch = _value_of(words, frozenset({"-b", "--branch"}))
    for word in words:
        if (named := ids.hub_address(word.text)) is not None:
            yield _sighting(word, named, "git clone", branch)


def _flags(words: Sequence[Word], revision: str | None) -> Iterator[Sighting]:
    is_short = any(_SHORT_MODEL.search(program_of(word.text)) for word in words[:6])
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        if word.text in _HF_FLAGS and following is not None:
            if (named := ids.quantized_model(following.text)) is not None:
                yield _sighting(following, named, f"{program_of(words[0].text)} {word.text}", revision)
        elif (
            word.text == "-m"
            and following is not None
            and is_short
            and words[max(0, index - 1)].text[:6] != "python"
        ):
            yield from _value(following, "-m", "model", revision, 0)
        elif word.text.startswith("--"):
            flag, equals, _ = word.text.partition("=")
            if equals:
                yield from _value(word, flag, key_kind_of_flag(flag), revision, len(flag) + 1)
            elif following is not None and not following.text.startswith("--"):
                yield from _value(following, flag, key_kind_of_flag(flag), revision, 0)
        elif "=" in word.text and index:
            yield from _pairs(word, revision)


def key_kind_of_flag(flag: str) -> str | None:
    """What the value of a flag is; `args` where it holds `key=value` pairs of its own."""
    bare = flag.lstrip("-").lower()
    if bare in ("model_args", "model-args", "set", "set-string", "env", "build-arg", "lora-modules"):
        return "args"
    if bare.endswith("config"):
        return "json"
    if _NOT_FLAGS.search(bare):
        return None
    return key_kind(bare)


def _value(word: Word, flag: str, kind: str | None, revision: str | None, skip: int) -> Iterator[Sighting]:
    word = word.part(skip) if skip else word
    text = word.text
    if kind is None or len(text) > 2_000:
        return
    if kind == "json":
        for match in _JSON_MODEL.finditer(text):
            if (named := ids.keyed_model(match[1])) is not None:
                yield _sighting(word, named, flag, None, Weight.KEYED)
    elif kind == "args":
        yield from _pairs(word, revision)
    else:
        named = ids.keyed_dataset(text) if kind == "dataset" else ids.keyed_model(text) or _bare(flag, text)
        if named is not None:
            yield _sighting(word, named, flag, revision if kind == "model" else None)


def _bare(flag: str, text: str) -> Named | None:
    """`--model_name_or_path bert-base-uncased`: a flag that is only ever a model's takes the old bare names too."""
    return ids.loaded_model(text) if "/" not in text else None


def _pairs(word: Word, revision: str | None) -> Iterator[Sighting]:
    """`pretrained=org/name,revision=abc`, `model.name=org/name`."""
    offset = 0
    given = dict(part.split("=", 1) for part in word.text.split(",") if "=" in part)
    for part in word.text.split(","):
        key, equals, value = part.partition("=")
        last = key.rsplit(".", 1)[-1]
        kind = key_kind(last) or key_kind(key) if equals else None
        if kind is not None and "=" not in value:
            named = ids.keyed_dataset(value) if kind == "dataset" else ids.keyed_model(value)
            if named is not None:
                start = offset + len(key) + 1
                place = word.part(start, start + len(value))
                yield _sighting(place, named, key, given.get("revision", revision), Weight.KEYED)
        offset += len(part) + 1


def _addresses(words: Sequence[Word]) -> Iterator[Sighting]:
    for word in words:
        named = ids.hub_address(word.text) if "://" in word.text or word.text.startswith("hf.co/") else None
        if named is not None:
            yield _sighting(word, named, program_of(words[0].text), None, Weight.KEYED)


def _sighting(
    word: Word, named: Named, how: str, revision: str | None, weight: Weight = Weight.LOADED
) -> Sighting:
    return Sighting(
        named=named,
        line=word.line,
        column=word.column,
        how=how,
        revision=revision,
        guessed=word.composed,
        weight=weight,
    )
