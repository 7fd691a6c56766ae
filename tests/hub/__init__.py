"""A Hugging Face Hub and GitHub REST API on localhost, for tests and for trying things by hand.

`python -m tests.hub FOLDER` serves a folder; `HubServer` does it from a test. The real `huggingface_hub` client takes
it for the Hub. What it makes up, and what it leaves out, stands in the README beside this file.
"""

from .answers import Answer
from .content import Content, Generated, InMemory, OnDisk, Sparse
from .faultbook import EVERYWHERE
from .faults import (
    FAULTS,
    Compressed,
    Disconnect,
    EndlessBody,
    Fault,
    GzipBomb,
    Hang,
    InvalidGzip,
    LoginPage,
    LyingLength,
    MalformedJson,
    RedirectElsewhere,
    RedirectLoop,
    Reset,
    Slow,
    Status,
    TooManyRequests,
    Trickle,
    Truncated,
    WrongEncoding,
    WrongShape,
)
from .limits import PUBLISHED_ACCOUNT, PUBLISHED_ANONYMOUS
from .record import Request
from .repositories import Access
from .server import HubServer
from .weights import safetensors_header, small_gguf, small_safetensors

__all__ = [
    "EVERYWHERE",
    "FAULTS",
    "PUBLISHED_ACCOUNT",
    "PUBLISHED_ANONYMOUS",
    "Access",
    "Answer",
    "Compressed",
    "Content",
    "Disconnect",
    "EndlessBody",
    "Fault",
    "Generated",
    "GzipBomb",
    "Hang",
    "HubServer",
    "InMemory",
    "InvalidGzip",
    "LoginPage",
    "LyingLength",
    "MalformedJson",
    "OnDisk",
    "RedirectElsewhere",
    "RedirectLoop",
    "Request",
    "Reset",
    "Slow",
    "Sparse",
    "Status",
    "TooManyRequests",
    "Trickle",
    "Truncated",
    "WrongEncoding",
    "WrongShape",
    "safetensors_header",
    "small_gguf",
    "small_safetensors",
]
