"""The layout of the license index file, shared by its reader and its writer.

A header (magic, version, digest of the rest), a table of sections, then the sections, each an array of
little-endian integers or bytes. Licence texts are sequences of 16-bit word numbers; a word number stands for
a 32-bit hash. The letters of the words are kept once, in hash order, so that an edit can be shown.
"""

import struct
import zlib
from typing import Final

MAGIC: Final = b"OALICIDX"
VERSION: Final = 1
HEADER: Final = struct.Struct("<8sI32sI")  # magic, version, sha256 of everything after the header, sections
SECTION: Final = struct.Struct("<4sxxxxQQ")  # name, offset from the start of the file, bytes

UNKNOWN_WORD: Final = 0xFFFF
ANY_WORDS: Final = 0xFFFE  # inside an alternative: up to `MOST_ANY_WORDS` words of any kind
MOST_ANY_WORDS: Final = 40
MOST_WORDS: Final = 0xFFF0

# One row per reference text: license, start in the sequence, words, n-grams filed, start in the regions, kind.
REFERENCE_FIELDS: Final = 6
TEXT: Final = 0
NOTICE: Final = 1

# Regions of a reference, as 16-bit numbers: count, then for each: start, end, flavour, number of
# alternatives, then for each alternative its length and its words.
PLAIN: Final = 0  # only an alternative may stand here
TITLE: Final = 1  # may be left out; what stands before it is not part of the text
APPENDIX: Final = 2  # may be left out, in part too; added words are read like text around the license
PART: Final = 3  # may be left out as a whole only


def word_hash(word: str) -> int:
    """The 32-bit hash that stands for a word."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def alias_hash(words: list[str]) -> int:
    """A 64-bit hash of a name in canonical words."""
    raw = " ".join(words).encode("utf-8", "surrogatepass")
    return zlib.crc32(raw) << 32 | zlib.adler32(raw)


def slot_of(code: int, mask: int) -> int:
    """Where the search for an n-gram begins in the table."""
    return (code * 0x9E3779B1 >> 12) & mask
