"""Follows a pickle's opcodes with a make-believe stack: what would be imported and called, never doing it.

Source: CPython Lib/pickle.py (the machine), Lib/pickletools.py (the opcodes).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from openaudit.artifacts.artifact import DamagedError, Effort
from openaudit.artifacts.cursor import Cursor
from openaudit.artifacts.pickle_opcodes import OPCODES, UNKNOWN, read_argument
from openaudit.artifacts.reader import BudgetedReader, BudgetSpentError

_MAX_ITEMS = 64


@dataclass(frozen=True, slots=True)
class Global:
    """An imported name on the make-believe stack."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """The result of calling something; `state` is filled by BUILD."""

    target: object
    arguments: object
    state: list[object] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Persistent:
    """An object that the loader supplies: in PyTorch a tensor's storage."""

    identifier: object


@dataclass(frozen=True, slots=True)
class Import:
    """One import that the pickle makes; module or name is None where it is computed."""

    module: str | None
    name: str | None
    offset: int
    opcode: str


@dataclass(slots=True, kw_only=True)
class Walk:
    """What one pickle does, as far as it was followed."""

    start: int
    end: int = 0  # the byte after STOP, or where the walk broke off
    imports: list[Import] = field(default_factory=list)
    oddities: list[tuple[str, int]] = field(default_factory=list)  # dangerous use of harmless parts
    calls: list[Call] = field(default_factory=list)
    opcodes: int = 0
    complete: bool = False
    problem: DamagedError | None = None
    result: object = UNKNOWN


class _Mark:
    __slots__ = ()


_MARK = _Mark()
AfterBuild = Callable[[object, Cursor], None]


def walk_pickle(
    reader: BudgetedReader,
    start: int = 0,
    end: int | None = None,
    *,
    effort: Effort,
    after_build: AfterBuild | None = None,
) -> Walk:
    """Walk one pickle from `start` to its STOP; never raises for what the bytes say.

    `after_build` is called with each object that was just given its state, and may move the cursor over raw
    bytes that the object's own loader would read from the stream (joblib's arrays).
    Raises: OSError and what else the reader raises for bytes that cannot be had.
    """
    walk = Walk(start=start)
    cursor = Cursor(reader, start, end=end)
    machine = _Machine(walk, cursor, effort, after_build)
    try:
        machine.run()
    except DamagedError as error:
        walk.problem = error
    except BudgetSpentError as error:
        walk.problem = DamagedError("budget", f"the pickle was followed only in part: {error}", cursor.offset)
    walk.end = cursor.offset
    return walk


class _Machine:
    """The stack, the memo and what each opcode does to them."""

    __slots__ = ("_after_build", "_cursor", "_effort", "_memo", "_stack", "_walk")

    def __init__(self, walk: Walk, cursor: Cursor, effort: Effort, after_build: AfterBuild | None) -> None:
        self._walk = walk
        self._cursor = cursor
        self._effort = effort
        self._after_build = after_build
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def run(self) -> None:
        cursor, walk, effort, actions = self._cursor, self._walk, self._effort, _ACTIONS
        while True:
            at = cursor.offset
            code = cursor.read(1)[0]
            opcode = OPCODES.get(code)
            if opcode is None:
                raise DamagedError("bad-opcode", f"0x{code:02x} is no pickle opcode", at)
            name, kind = opcode
            walk.opcodes += 1
            effort.step(at)
            argument = read_argument(cursor, kind) if kind else None
            if name == "STOP":
                walk.result = self._pop()
                walk.complete = True
                return
            action = actions.get(name)
            if action is not None:
                action(self, argument, at)
            else:
                self._stack.append(_pushed(name, argument))

    # the stack

    def _pop(self) -> object:
        value = self._pop_any()
        if value is _MARK:
            raise DamagedError("stack-underflow", "an opcode takes a mark for a value", self._cursor.offset)
        return value

    def _pop_any(self) -> object:
        if not self._stack:
            raise DamagedError("stack-underflow", "an opcode takes from an empty stack", self._cursor.offset)
        return self._stack.pop()

    def _top(self) -> object:
        if not self._stack or self._stack[-1] is _MARK:
            raise DamagedError("stack-underflow", "an opcode looks at an empty stack", self._cursor.offset)
        return self._stack[-1]

    def _to_mark(self) -> list[object]:
        items: list[object] = []
        while True:
            item = self._pop_any()
            if item is _MARK:
                items.reverse()
                return items
            items.append(item)

    # the actions, one for each opcode that does more than push a value

    def ignore(self, argument: object, at: int) -> None:
        """PROTO and FRAME announce; they do nothing."""

    def pop(self, argument: object, at: int) -> None:
        self._pop_any()

    def pop_mark(self, argument: object, at: int) -> None:
        self._to_mark()

    def duplicate(self, argument: object, at: int) -> None:
        self._stack.append(self._top())

    def mark(self, argument: object, at: int) -> None:
        self._stack.append(_MARK)

    def put(self, argument: object, at: int) -> None:
        if isinstance(argument, int):
            self._memo[argument] = self._top()

    def memoize(self, argument: object, at: int) -> None:
        self._memo[len(self._memo)] = self._top()

    def get(self, argument: object, at: int) -> None:
        if not isinstance(argument, int) or argument not in self._memo:
            raise DamagedError("bad-memo", "a memo entry that was never made", at)
        self._stack.append(self._memo[argument])

    def tuple_of_marked(self, argument: object, at: int) -> None:
        items = self._to_mark()
        self._stack.append(tuple(items) if len(items) <= _MAX_ITEMS else UNKNOWN)

    def tuple_of_one(self, argument: object, at: int) -> None:
        self._stack.append((self._pop(),))

    def tuple_of_two(self, argument: object, at: int) -> None:
        second, first = self._pop(), self._pop()
        self._stack.append((first, second))

    def tuple_of_three(self, argument: object, at: int) -> None:
        third, second, first = self._pop(), self._pop(), self._pop()
        self._stack.append((first, second, third))

    def list_of_marked(self, argument: object, at: int) -> None:
        self._to_mark()
        self._stack.append([])

    def dict_of_marked(self, argument: object, at: int) -> None:
        entries: dict[object, object] = {}
        self._stack.append(_fill(entries, self._to_mark()))

    def append(self, argument: object, at: int) -> None:
        self._pop()
        self._check_target(self._top(), at)

    def append_marked(self, argument: object, at: int) -> None:
        self._to_mark()
        self._check_target(self._top(), at)

    def set_item(self, argument: object, at: int) -> None:
        value, key = self._pop(), self._pop()
        self._check_target(self._top(), at)
        _fill(self._top(), [key, value])

    def set_items(self, argument: object, at: int) -> None:
        items = self._to_mark()
        self._check_target(self._top(), at)
        _fill(self._top(), items)

    def persistent_text(self, argument: object, at: int) -> None:
        self._stack.append(Persistent(argument))

    def persistent(self, argument: object, at: int) -> None:
        self._stack.append(Persistent(self._pop()))

    def import_line(self, argument: object, at: int) -> None:
        self._stack.append(self._import_pair(argument, at, "GLOBAL"))

    def import_stack(self, argument: object, at: int) -> None:
        name, module = self._pop(), self._pop()
        self._stack.append(self._import(module, name, at, "STACK_GLOBAL"))

    def extension(self, argument: object, at: int) -> None:
        self._stack.append(self._import("copyreg", f"extension {argument}", at, "EXT"))

    def instance(self, argument: object, at: int) -> None:
        target = self._import_pair(argument, at, "INST")
        self._call(target, tuple(self._to_mark()[:_MAX_ITEMS]), at)

    def object_of_marked(self, argument: object, at: int) -> None:
        items = self._to_mark()
        if not items:
            raise DamagedError("stack-underflow", "OBJ without a class", at)
        self._call(items[0], tuple(items[1:_MAX_ITEMS]), at)

    def reduce(self, argument: object, at: int) -> None:
        arguments, target = self._pop(), self._pop()
        self._call(target, arguments, at)

    def new_object_with_keywords(self, argument: object, at: int) -> None:
        self._pop()
        self.reduce(argument, at)

    def build(self, argument: object, at: int) -> None:
        state, target = self._pop(), self._top()
        self._check_target(target, at)
        if isinstance(target, Call) and len(target.state) < _MAX_ITEMS:
            target.state.append(state)
        if self._after_build is not None:
            self._after_build(target, self._cursor)

    # what they share

    def _import_pair(self, argument: object, at: int, opcode: str) -> object:
        module, name = argument if isinstance(argument, tuple) else (UNKNOWN, UNKNOWN)
        return self._import(_decoded(module), _decoded(name), at, opcode)

    def _import(self, module: object, name: object, at: int, opcode: str) -> object:
        known = Import(
            module=module if isinstance(module, str) else None,
            name=name if isinstance(name, str) else None,
            offset=at,
            opcode=opcode,
        )
        self._walk.imports.append(known)
        if known.module is None or known.name is None:
            return UNKNOWN
        return Global(known.module, known.name)

    def _call(self, target: object, arguments: object, at: int) -> None:
        if not isinstance(target, Global):
            self._oddity("calls something that is not a plain import", at)
        call = Call(target, arguments)
        self._walk.calls.append(call)
        self._stack.append(call)

    def _check_target(self, target: object, at: int) -> None:
        if isinstance(target, Global):
            self._oddity(f"changes the imported {target.module}.{target.name}", at)

    def _oddity(self, text: str, at: int) -> None:
        if len(self._walk.oddities) < _MAX_ITEMS:
            self._walk.oddities.append((text, at))


_ACTIONS: dict[str, Callable[[_Machine, object, int], None]] = {
    "PROTO": _Machine.ignore,
    "FRAME": _Machine.ignore,
    "READONLY_BUFFER": _Machine.ignore,
    "POP": _Machine.pop,
    "POP_MARK": _Machine.pop_mark,
    "DUP": _Machine.duplicate,
    "MARK": _Machine.mark,
    "PUT": _Machine.put,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.memoize,
    "GET": _Machine.get,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "TUPLE": _Machine.tuple_of_marked,
    "TUPLE1": _Machine.tuple_of_one,
    "TUPLE2": _Machine.tuple_of_two,
    "TUPLE3": _Machine.tuple_of_three,
    "LIST": _Machine.list_of_marked,
    "FROZENSET": _Machine.list_of_marked,
    "DICT": _Machine.dict_of_marked,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.append_marked,
    "ADDITEMS": _Machine.append_marked,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "PERSID": _Machine.persistent_text,
    "BINPERSID": _Machine.persistent,
    "GLOBAL": _Machine.import_line,
    "STACK_GLOBAL": _Machine.import_stack,
    "EXT1": _Machine.extension,
    "EXT2": _Machine.extension,
    "EXT4": _Machine.extension,
    "INST": _Machine.instance,
    "OBJ": _Machine.object_of_marked,
    "REDUCE": _Machine.reduce,
    "NEWOBJ": _Machine.reduce,
    "NEWOBJ_EX": _Machine.new_object_with_keywords,
    "BUILD": _Machine.build,
}
_CONSTANTS: dict[str, object] = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
    "NEXT_BUFFER": UNKNOWN,
}


def _pushed(name: str, argument: object) -> object:
    if name in ("EMPTY_LIST", "EMPTY_SET"):
        return []
    if name == "EMPTY_DICT":
        return {}
    return _CONSTANTS.get(name, argument)


def _decoded(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _fill(target: object, items: list[object]) -> object:
    """Keep the first entries of a dict that have text keys; enough to read an object's state."""
    if isinstance(target, dict):
        for key, value in zip(items[::2], items[1::2], strict=False):
            if isinstance(key, str) and len(target) < _MAX_ITEMS:
                target[key] = value
    return target


def elements_of(shape: object) -> int | None:
    """How many elements a shape holds; None when it is no tuple of whole numbers or too large to be true."""
    if not isinstance(shape, tuple):
        return None
    elements = 1
    for size in shape:
        if type(size) is not int or size < 0:
            return None
        elements *= size
        if elements >= 2**63:
            return None
    return elements
