"""What weight files say of themselves: headers read by ranges, never loaded, never executed."""

from openaudit.artifacts.artifact import Artifact, PickleGlobal, Problem
from openaudit.artifacts.detect import inspect
from openaudit.artifacts.reader import BudgetedReader, ByteReader, BytesReader, FileByteReader
from openaudit.artifacts.safetensors import WeightsIndex, read_index

__all__ = [
    "Artifact",
    "BudgetedReader",
    "ByteReader",
    "BytesReader",
    "FileByteReader",
    "PickleGlobal",
    "Problem",
    "WeightsIndex",
    "inspect",
    "read_index",
]
