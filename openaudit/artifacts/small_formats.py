"""Formats of which little needs to be read: OpenVINO, legacy GGML, TFLite, executables, pointers, compressed files.

Source: OpenVINO IR reference; llama.cpp's history of ggml magics; TensorFlow Lite's schema file identifier;
https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
"""

import bz2
import lzma
import re
import zlib
from typing import Any

from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.reader import KIB, BudgetedReader

GGML_MAGICS = {b"lmgg": "ggml", b"fmgg": "ggmf", b"tjgg": "ggjt", b"algg": "ggla", b"nsgg": "ggsn"}
EXECUTABLE_MAGICS = {
    b"\x7fELF": "ELF", b"MZ": "PE", b"\xcf\xfa\xed\xfe": "Mach-O", b"\xce\xfa\xed\xfe": "Mach-O",
    b"\xca\xfe\xba\xbe": "Mach-O or Java class", b"#!": "script",
}  # fmt: skip
_COMPRESSED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!": "rar",
    b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4", b"x\x9c": "zlib", b"x\x01": "zlib", b"x\xda": "zlib",
    b"x\x5e": "zlib", b"\x5d\x00\x00": "lzma",
}  # fmt: skip
_INFLATE_LIMIT_BYTES = 8 * KIB * KIB
_XML_LIMIT_BYTES = 900_000
_OPENVINO_DTYPES = {"bf16": "BF16", "boolean": "BOOL"}


def executable_kind(head: bytes) -> str | None:
    """The kind of program that the first bytes are, if they are one."""
    for magic, kind in EXECUTABLE_MAGICS.items():
        if head.startswith(magic) and (kind != "PE" or len(head) > 64):
            return kind
    return None


def compression_kind(head: bytes) -> str | None:
    """The compression that the first bytes announce, if any."""
    return next((kind for magic, kind in _COMPRESSED.items() if head.startswith(magic)), None)


def inflate(reader: BudgetedReader, kind: str, draft: Draft) -> bytes | None:
    """The content of a compressed file up to 8 MiB; None for compressions that the standard library lacks.

    Raises: DamagedError, BudgetSpentError.
    """
    engine: Any
    if kind in ("gzip", "zlib"):
        engine = zlib.decompressobj(31 if kind == "gzip" else 15)
    elif kind == "bzip2":
        engine = bz2.BZ2Decompressor()
    elif kind in ("xz", "lzma"):
        engine = lzma.LZMADecompressor(memlimit=64 * KIB * KIB)
    else:
        return None
    parts: list[bytes] = []
    made = offset = 0
    limit = min(_INFLATE_LIMIT_BYTES, draft.effort.inflated_bytes)
    try:
        while made < limit and not engine.eof:
            chunk = reader.read_at(offset, min(64 * KIB, max(KIB, reader.remaining_bytes)))
            if not chunk and not getattr(engine, "unconsumed_tail", b""):
                break
            offset += len(chunk)
            waiting = getattr(engine, "unconsumed_tail", b"") + chunk
            parts.append(engine.decompress(waiting, limit - made))
            made += len(parts[-1])
    except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
        raise DamagedError("bad-compression", f"cannot be inflated: {error}", offset) from None
    draft.effort.inflated_bytes -= made
    if not engine.eof:
        draft.problem("incomplete", f"inflated only to {made} bytes", offset)
    return b"".join(parts)


def read_ggml(reader: BudgetedReader, draft: Draft) -> None:
    """Name a file of llama.cpp's formats before GGUF; they carry no license and no description of themselves."""
    draft.format, draft.framework = "ggml", "gguf"
    draft.note("ggml.magic", GGML_MAGICS[reader.read_at(0, 4)])
    draft.judge("unknown", "a format before GGUF that does not describe itself; only its magic was read")


def read_openvino(reader: BudgetedReader, draft: Draft) -> None:
    """Read OpenVINO's XML by searching, since no XML parser is safe with a hostile file.

    Raises: DamagedError, BudgetSpentError.
    """
    draft.format, draft.framework = "openvino", "openvino"
    draft.presume_safe("OpenVINO's IR holds a graph of fixed operators")
    raw = reader.read_at(
        0, min(_XML_LIMIT_BYTES, reader.remaining_bytes + 64 * KIB, reader.end or _XML_LIMIT_BYTES)
    )
    body = raw.decode("utf-8", "replace")
    if "<!ENTITY" in body or "<!DOCTYPE" in body:
        draft.problem(
            "xml-entities", "the XML declares entities, which can expand without end", body.find("<!")
        )
    if (net := re.search(r'<net\b[^>]{0,500}?\bname="([^"]{0,200})"', body)) is None:
        raise DamagedError("bad-header", "no <net> element", 0)
    draft.note("name", net[1])
    for key, value in re.findall(r'<(\w*licen[cs]e\w*)\s+value="([^"]{0,300})"', body):
        draft.license(key, value)
    if version := re.search(r'<(?:Runtime_version|MO_version|runtime_version)\s+value="([^"]{0,100})"', body):
        draft.note("producer", f"openvino {version[1]}")
    for data in re.findall(r'<data\s([^>]{0,600}\boffset="\d+"[^>]{0,600})/?>', body):
        kind, shape = re.search(r'element_type="(\w+)"', data), re.search(r'shape="([\d, ]*)"', data)
        if kind and shape:
            _count_openvino(kind[1], shape[1], draft)
    end = reader.end
    if end is not None and len(raw) < end:
        draft.problem("budget", f"{len(raw)} of {end} bytes were read", len(raw))
    else:
        draft.parameters_seen = True
        if not body.rstrip().rstrip("\0").endswith("</net>"):
            draft.problem("truncated", "the XML does not end with </net>", len(raw))


def _count_openvino(kind: str, shape: str, draft: Draft) -> None:
    elements = 1
    for size in re.findall(r"\d{1,19}", shape)[:32]:
        elements *= int(size)
    if elements < 2**63:
        draft.count(_OPENVINO_DTYPES.get(kind, kind.upper()), elements)
    else:
        draft.problem("size-overflow", "a constant of more than 2^63 elements")


def read_pointer(head: bytes, draft: Draft) -> bool:
    """Note a Git LFS pointer that stands where the file should be; False when it is none."""
    if not head.startswith(b"version https://git-lfs.github.com/spec/"):
        return False
    draft.format = "git-lfs-pointer"
    lines = dict(
        line.partition(" ")[::2] for line in head[:1024].decode("utf-8", "replace").splitlines()[:10]
    )
    draft.note("lfs.oid", lines.get("oid", ""))
    draft.note("lfs.size_bytes", lines.get("size", ""))
    draft.problem("not-weights", "a Git LFS pointer stands where the file should be", 0)
    return True


def read_text_instead(head: bytes, draft: Draft) -> bool:
    """Note a web page or error text that stands where weights should be; False when it is none."""
    start = head[:512].lstrip().lower()
    if not start.startswith(
        (b"<!doctype html", b"<html", b"<?xml version", b'{"error"', b"access denied", b"not found")
    ):
        return False
    draft.format = "text"
    draft.problem("not-weights", f"a text stands where weights should be: {clean_text(start, 40)!r}", 0)
    return True
