"""Pickle files: plain ones, several in a row, joblib's with raw arrays between, and PyTorch's before 1.6.

Source: joblib/numpy_pickle.py (NumpyArrayWrapper), PyTorch torch/serialization.py (_legacy_save).
"""

import re

from openaudit.artifacts.artifact import MAX_GLOBALS, DamagedError, Draft, Effort, PickleGlobal, clean_text
from openaudit.artifacts.cursor import Cursor
from openaudit.artifacts.pickle_globals import Verdict, global_table
from openaudit.artifacts.pickle_opcodes import OPCODES
from openaudit.artifacts.pickle_walk import Call, Global, Walk, elements_of, walk_pickle
from openaudit.artifacts.reader import BudgetedReader, BudgetSpentError
from openaudit.artifacts.torch_tensors import count_tensors

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_PICKLES = 5  # magic, protocol, system, the object, the storage keys; raw storages follow
_MAX_PICKLES = 64
_MAX_NESTED_PICKLES = 8
_PROBE_BYTES = 16 * 1024
_MAX_PROBES = 16
_PROBE_STEPS = 20_000
_FRAMEWORKS = (
    ("torch", "pytorch"), ("jax", "jax"), ("jaxlib", "jax"), ("flax", "jax"), ("tensorflow", "tensorflow"),
    ("keras", "tensorflow"), ("sklearn", "scikit-learn"), ("xgboost", "xgboost"), ("lightgbm", "lightgbm"),
    ("numpy", "numpy"),
)  # fmt: skip
_COMPUTED: tuple[Verdict, str] = ("unsafe", "computes the name that it imports")
_EMBEDDED = re.compile(rb"\x80[\x00-\x05]|c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n")


def matches(head: bytes) -> bool:
    """True when the first bytes are a pickle's announcement of its protocol, or the imports of an old text one."""
    if head[:1] == b"\x80":
        return len(head) > 2 and head[1] <= 5 and head[2] in OPCODES
    return (
        re.match(rb"\(*c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n|\(dp\d|\(lp\d|\(i[A-Za-z_][\w.]*\n", head)
        is not None
    )


def may_be_pickle(head: bytes) -> bool:
    """True when the first byte could begin a pickle of protocol 0 or 1; for files named like one."""
    return bool(head) and head[0] in OPCODES


def read_pickles(reader: BudgetedReader, draft: Draft, start: int = 0, end: int | None = None) -> None:
    """Follow every pickle of a file and judge what they would import.

    A pickle that cannot be followed to its end is never safe. Raises: what the reader raises.
    """
    draft.format = "pickle" if draft.format == "unknown" else draft.format
    draft.presume_safe("a pickle; what it imports was followed without loading it")
    stream = _Stream(reader, draft, end)
    stream.read(start)
    _name_framework(draft)


class _Stream:
    """The pickles of one file, one after the other, and what was counted so far."""

    __slots__ = ("_draft", "_end", "_nested", "_reader", "_seen", "_tensors", "arrays")

    def __init__(self, reader: BudgetedReader, draft: Draft, end: int | None) -> None:
        self._reader = reader
        self._draft = draft
        self._end = end
        self._nested = 0
        self._seen: set[object] = set()
        self._tensors = 0
        self.arrays = 0

    def read(self, start: int) -> None:
        """Follow the pickles from `start`; what comes after the last one is looked at too."""
        walk = self._follow(start)
        if walk.result == TORCH_MAGIC and walk.complete:
            self._draft.format, self._draft.framework = "pytorch-legacy", "pytorch"
        legacy = self._draft.format == "pytorch-legacy"
        count = 1
        while walk.complete and count < (_TORCH_PICKLES if legacy else _MAX_PICKLES):
            if Cursor(self._reader, walk.end, end=self._end).at_end:
                break
            following = self._reader.read_at(walk.end, 3)
            if not (matches(following) or (legacy and may_be_pickle(following))):
                break
            walk = self._follow(walk.end)
            count += 1
        if legacy and count < _TORCH_PICKLES:
            self._draft.problem(
                "truncated", f"{count} of the 5 pickles of a PyTorch file are there", walk.end
            )
        if self.arrays:
            self._draft.format = "joblib"
            self._read_arrays_as_opcodes(start)
        self._draft.parameters_seen = walk.complete and bool(self._tensors or self.arrays)
        if not (legacy and walk.complete and count == _TORCH_PICKLES):
            self._look_behind(walk)

    def _follow(self, start: int) -> Walk:
        walk = walk_pickle(
            self._reader, start, self._end, effort=self._draft.effort, after_build=self._raw_array
        )
        judge_walk(walk, self._draft)
        self._tensors += count_tensors(walk, self._draft, self._seen)
        return walk

    def _read_arrays_as_opcodes(self, start: int) -> None:
        """A loader other than joblib takes the raw arrays for opcodes: what is dangerous there counts too."""
        walk = walk_pickle(self._reader, start, self._end, effort=self._draft.effort)
        for item in walk.imports:
            known = item.module is not None and item.name is not None
            if known and global_table().judge(item.module or "", item.name or "")[0] == "unsafe":
                judge_walk(walk, self._draft, quietly=True)
                return

    def _look_behind(self, walk: Walk) -> None:
        """What follows a pickle may be another one that a loader reads: search the next and the last bytes."""
        end = self._end if self._end is not None else self._reader.end
        if walk.complete:
            if Cursor(self._reader, walk.end, end=self._end).at_end:
                return
            self._draft.problem("trailing-bytes", "bytes that are no pickle follow the pickle", walk.end)
        self._draft.judge("unknown", "the file holds more than the pickles that could be followed")
        starts = [walk.end] if end is None else [walk.end, max(walk.end, end - _PROBE_BYTES)]
        for start in dict.fromkeys(starts):
            self._probe(start)

    def _probe(self, start: int) -> None:
        try:
            chunk = self._reader.read_at(start, _PROBE_BYTES)
            for found in list(_EMBEDDED.finditer(chunk))[:_MAX_PROBES]:
                effort = Effort(steps=min(_PROBE_STEPS, self._draft.effort.steps))
                walk = walk_pickle(self._reader, start + found.start(), self._end, effort=effort)
                if walk.opcodes > 1 and walk.imports:
                    judge_walk(walk, self._draft, quietly=not walk.complete)
        except BudgetSpentError:
            self._draft.problem("budget", "the bytes behind the pickle were not searched to the end", start)

    def _raw_array(self, target: object, cursor: Cursor) -> None:
        """Pass over the bytes that joblib writes right behind the description of an array."""
        if not isinstance(target, Call) or not isinstance(target.target, Global) or not target.state:
            return
        if target.target.name != "NumpyArrayWrapper" or not target.target.module.startswith("joblib."):
            return
        state = target.state[0]
        if not isinstance(state, dict):
            raise DamagedError("bad-array", "joblib's array has no readable description", cursor.offset)
        self.arrays += 1
        descr, elements = _dtype_text(state.get("dtype")), elements_of(state.get("shape"))
        if descr is None or elements is None:
            raise DamagedError("bad-array", "joblib's array has no readable dtype or shape", cursor.offset)
        if descr.lstrip("<>|=").startswith("O"):
            self._nested_pickle(cursor)
            return
        size = _item_bytes(descr)
        if state.get("numpy_array_alignment_bytes") is not None:
            cursor.skip(cursor.unsigned(1))
        cursor.skip(elements * size)
        self._draft.count(numpy_dtype(descr), elements)

    def _nested_pickle(self, cursor: Cursor) -> None:
        self._nested += 1
        if self._nested > _MAX_NESTED_PICKLES:
            raise DamagedError("too-deep", "pickles are nested too deeply", cursor.offset)
        walk = self._follow(cursor.offset)
        if not walk.complete:
            raise DamagedError("bad-array", "an array of objects could not be followed", cursor.offset)
        cursor.offset = walk.end


def judge_walk(walk: Walk, draft: Draft, *, quietly: bool = False) -> None:
    """Add a walk's imports and oddities to the draft; `quietly` leaves out that it broke off."""
    table = global_table()
    for item in walk.imports:
        key = (item.module or "?", item.name or "?")
        if key in draft.globals or len(draft.globals) >= MAX_GLOBALS:
            if key not in draft.globals:
                draft.judge("unknown", f"more than {MAX_GLOBALS} different imports")
            continue
        if item.module is None or item.name is None:
            verdict, reason = _COMPUTED
        else:
            verdict, reason = table.judge(item.module, item.name)
        found = PickleGlobal(
            module=clean_text(key[0]),
            name=clean_text(key[1]),
            verdict=verdict,
            reason=reason,
            offset=item.offset,
        )
        draft.globals[key] = found
        if found.verdict != "safe":
            draft.judge(found.verdict, f"unpickling imports {found.path}: {reason}")
    for text, _offset in walk.oddities:
        draft.judge("unsafe" if text.startswith("changes") else "unknown", f"unpickling {text}")
    if walk.problem is not None and not quietly:
        draft.problem(walk.problem.code, walk.problem.message, walk.problem.offset)
        draft.judge("unknown", "the pickle could not be followed to its end")


def _name_framework(draft: Draft) -> None:
    if draft.framework is not None:
        return
    roots = {module.split(".")[0] for module, _name in draft.globals}
    draft.framework = next((framework for root, framework in _FRAMEWORKS if root in roots), None)


def _dtype_text(value: object) -> str | None:
    """The text of a pickled numpy dtype: `numpy.dtype('f8', ...)` with its byte order in the state."""
    if not isinstance(value, Call) or not isinstance(value.target, Global) or value.target.name != "dtype":
        return None
    arguments = value.arguments
    text = arguments[0] if isinstance(arguments, tuple) and arguments else None
    return text if isinstance(text, str) and re.fullmatch(r"[<>|=]?[A-Za-z][0-9]*", text) else None


def _item_bytes(descr: str) -> int:
    kind = descr.lstrip("<>|=")
    size = int(kind[1:]) if kind[1:] else {"b": 1, "B": 1, "?": 1}.get(kind[:1], 8)
    return size * 4 if kind.startswith("U") else size


def numpy_dtype(descr: str) -> str:
    """numpy's dtype text in safetensors' spelling: `<f4` is F32; others stay as they are."""
    kind = descr.lstrip("<>|=")
    names = {"f": "F", "i": "I", "u": "U", "c": "C"}
    if kind in ("b1", "?"):
        return "BOOL"
    if re.fullmatch(r"[fiuc][0-9]{1,2}", kind):
        return f"{names[kind[0]]}{int(kind[1:]) * 8}"
    return kind
