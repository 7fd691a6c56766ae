"""What weight files say of themselves: headers read by ranges, never loaded, never executed."""

from openaudit.artifacts.artifact import PROBLEM_KINDS, Artifact, PickleGlobal, Problem, ProblemKind
from openaudit.artifacts.detect import inspect
from openaudit.artifacts.reader import BudgetedReader, ByteReader, BytesReader, FileByteReader
from openaudit.artifacts.safetensors import WeightsIndex, read_index

__all__ = [
    "PROBLEM_KINDS",
    "Artifact",
    "BudgetedReader",
    "ByteReader",
    "BytesReader",
    "FileByteReader",
    "PickleGlobal",
    "Problem",
    "ProblemKind",
    "WeightsIndex",
    "inspect",
    "read_index",
]
