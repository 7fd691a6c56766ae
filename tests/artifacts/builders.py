"""Builds artifact files byte by byte, sound ones and hostile ones, without the libraries that usually make them."""

import io
import json
import struct
import zipfile
from collections.abc import Sequence
from typing import Any


def safetensors_file(header: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    """A safetensors file; a header given as bytes is taken as it is, and `length` replaces the true length."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def tensor(dtype: str, shape: Sequence[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def gguf_string(text: str | bytes, order: str = "<", width: str = "Q") -> bytes:
    raw = text if isinstance(text, bytes) else text.encode()
    return struct.pack(order + width, len(raw)) + raw


def gguf_pair(key: str | bytes, kind: int, value: bytes, order: str = "<", width: str = "Q") -> bytes:
    return gguf_string(key, order, width) + struct.pack(order + "I", kind) + value


def gguf_text(key: str, value: str, order: str = "<", width: str = "Q") -> bytes:
    return gguf_pair(key, 8, gguf_string(value, order, width), order, width)


def gguf_tensor(
    name: str, shape: Sequence[int], kind: int, offset: int, order: str = "<", width: str = "Q"
) -> bytes:
    dimensions = b"".join(struct.pack(order + width, size) for size in shape)
    return (
        gguf_string(name, order, width)
        + struct.pack(order + "I", len(shape))
        + dimensions
        + struct.pack(order + "IQ", kind, offset)
    )


def gguf_file(
    pairs: Sequence[bytes] = (),
    tensors: Sequence[bytes] = (),
    data: bytes = b"",
    *,
    version: int = 3,
    order: str = "<",
    counts: tuple[int, int] | None = None,
) -> bytes:
    """A GGUF file; `counts` replaces the true numbers of tensors and pairs."""
    width = "I" if version == 1 else "Q"
    many, few = counts or (len(tensors), len(pairs))
    head = b"GGUF" + struct.pack(order + "I" + width * 2, version, many, few)
    body = head + b"".join(pairs) + b"".join(tensors)
    return body + b"\0" * (-len(body) % 32) + data if tensors else body


def torch_zip(
    pickle: bytes, storages: Sequence[bytes] = (), *, root: str = "archive", name: str = "data.pkl"
) -> bytes:
    """The layout that torch.save writes since 1.6: an uncompressed zip with one folder."""
    members = {f"{root}/{name}": pickle, f"{root}/byteorder": b"little"}
    members |= {f"{root}/data/{index}": storage for index, storage in enumerate(storages)}
    return zip_file({**members, f"{root}/version": b"3\n"})


def zip_file(members: dict[str, bytes], *, deflated: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, archive.compression)
    return buffer.getvalue()


def torch_tensor(key: str = "0", size: int = 4, storage: str = "FloatStorage") -> bytes:
    """The opcodes that rebuild one tensor, as PyTorch pickles it under protocol 2."""
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n"
        + storage.encode()
        + b"\nX"
        + struct.pack("<I", len(key))
        + key.encode()
        + b"X\x03\x00\x00\x00cpuK"
        + bytes([size])
        + b"tQK\x00K"
        + bytes([size])
        + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    )


def state_dict_pickle(*tensors: bytes) -> bytes:
    """A pickled OrderedDict of tensors."""
    entries = b"".join(
        b"X\x02\x00\x00\x00w" + str(index).encode() + item for index, item in enumerate(tensors)
    )
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + entries + b"u."


def call_pickle(module: str, name: str, argument: str = "x") -> bytes:
    """A protocol 0 pickle that calls `module.name(argument)` when loaded; nothing here ever loads it."""
    return f"c{module}\n{name}\n(S'{argument}'\ntR.".encode()


def stack_global_pickle(module: str, name: str, *, memoized: bool = False) -> bytes:
    """The same with STACK_GLOBAL, its names on the stack or fetched back from the memo."""

    def short(text: str) -> bytes:
        return b"\x8c" + bytes([len(text)]) + text.encode() + b"\x94"

    if memoized:
        body = short(module) + short(name) + b"00h\x00h\x01"
    else:
        body = short(module) + short(name)
    return b"\x80\x04" + body + b"\x93\x94\x8c\x01x\x94\x85\x94R\x94."


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(number: int, content: bytes | str | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def onnx_file(
    *, location: str | None = None, domain: str = "", nested: int = 0, dims: Sequence[int] = (2, 2)
) -> bytes:
    """A small ONNX model with one initializer, inside or in a file outside."""
    weight = b"".join(message(1, size) for size in dims) + message(2, 1) + message(8, "w")
    if location is None:
        weight += message(9, b"\0" * 16)
    else:
        weight += message(13, message(1, "location") + message(2, location)) + message(14, 1)
    node = message(4, "MatMul") + (message(7, domain) if domain else b"")
    graph = message(1, node) + message(2, "g") + message(5, weight)
    for _ in range(nested):
        graph = message(1, message(4, "If") + message(5, message(6, graph)))
    properties = message(14, message(1, "license") + message(2, "MIT"))
    return message(1, 8) + message(2, "pytorch") + message(7, graph) + message(8, message(2, 17)) + properties


def saved_model_file(*operators: str, in_function: bool = False) -> bytes:
    nodes = [message(1, "n") + message(2, operator) for operator in operators]
    if in_function:
        function = b"".join(message(3, node) for node in nodes)
        graph = message(2, message(1, function))
    else:
        graph = b"".join(message(1, node) for node in nodes)
    info = message(4, "serve") + message(5, "2.15.0")
    return message(1, 1) + message(2, message(1, info) + message(2, graph))


def npy_file(header: str, data: bytes = b"", *, version: int = 1, length: int | None = None) -> bytes:
    raw = header.encode("latin-1") + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(raw) if length is None else length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + raw + data


def tar_header(name: str, size: int, *, kind: bytes = b"0", link: str = "") -> bytes:
    head = bytearray(512)
    head[0 : len(name)] = name.encode()
    head[100:108] = b"0000644\0"
    head[124:136] = f"{size:011o}\0".encode()
    head[148:156] = b" " * 8
    head[156:157] = kind
    head[157 : 157 + len(link)] = link.encode()
    head[257:265] = b"ustar\x0000"
    head[148:156] = f"{sum(head):06o}\0 ".encode()
    return bytes(head)


def tar_file(members: dict[str, bytes], *, kind: bytes = b"0", link: str = "") -> bytes:
    out = b""
    for name, content in members.items():
        out += tar_header(name, len(content), kind=kind, link=link) + content + b"\0" * (-len(content) % 512)
    return out + b"\0" * 1024


def huge_torch_zip(pickle: bytes, storage_bytes: int) -> tuple[int, dict[int, bytes]]:
    """A zip64 file whose second member is `storage_bytes` long: its size, and the pieces that are not zeros."""
    names = (b"archive/data.pkl", b"archive/data/0")
    first = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 45, 0, 0, 0, 0, 0, len(pickle), len(pickle), len(names[0]), 0
    )
    second_at = len(first) + len(names[0]) + len(pickle)
    full = 0xFFFFFFFF
    second = struct.pack("<4s5H3L2H", b"PK\x03\x04", 45, 0, 0, 0, 0, 0, full, full, len(names[1]), 0)
    directory_at = second_at + len(second) + len(names[1]) + storage_bytes
    wide = struct.pack("<2H2Q", 1, 16, storage_bytes, storage_bytes)
    entry = "<4s6H3L5H2L"
    directory = (
        struct.pack(
            entry,
            b"PK\x01\x02",
            45,
            45,
            0,
            0,
            0,
            0,
            0,
            len(pickle),
            len(pickle),
            len(names[0]),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + names[0]
        + struct.pack(
            entry, b"PK\x01\x02", 45, 45, 0, 0, 0, 0, 0, full, full, len(names[1]), 20, 0, 0, 0, 0, second_at
        )
        + names[1]
        + wide
    )
    end64_at = directory_at + len(directory)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, len(directory), directory_at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end64_at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), full, 0)
    tail = directory + end64 + locator + end
    pieces = {0: first + names[0] + pickle, second_at: second + names[1], directory_at: tail}
    return directory_at + len(tail), pieces


class PatternReader:
    """A huge file that exists only as a rule: pieces at places, zeros in between."""

    def __init__(self, size: int, pieces: dict[int, bytes]) -> None:
        self.size_bytes: int | None = size
        self._size = size
        self._pieces = pieces
        self.calls = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.calls += 1
        length = max(0, min(length, self._size - offset))
        out = bytearray(length)
        for start, piece in self._pieces.items():
            begin, end = max(offset, start), min(offset + length, start + len(piece))
            if begin < end:
                out[begin - offset : end - offset] = piece[begin - start : end - start]
        return bytes(out)
