"""Sound files of every format, and the ways in which fuzzing damages them; shared with the long fuzz run."""

import gzip
import json
import pickle
import random
from pathlib import Path

from . import builders as make

DATA = Path(__file__).parent / "data"
_WORDS = (
    b"\xff" * 8,
    b"\0" * 8,
    (2**63).to_bytes(8, "little"),
    (2**31).to_bytes(4, "little"),
    b"\x7f\xff\xff\xff",
    b"PK\x05\x06",
    b"cos\nsystem\n",
    b"\x80\x04",
    b"GGUF",
    b"..",
    b"{",
    b"[",
    b'"',
    b"\x93",
    b".",
    b"R",
    b"(",
    b"\x0a",
    b"\xdf",
    b"OHDR",
    b"\xb2",
    "²".encode(),
    b"\xed\xa0\x80",
    b"-0",
    b"9" * 40,
    b"TREE",
    b"1e999",
)


def sound_files() -> list[tuple[str, bytes]]:
    """(name, content) of one or more files of every format that is read."""
    tensors = [make.gguf_tensor("a", [32, 2], 2, 0), make.gguf_tensor("b", [32], 0, 64)]
    pairs = [
        make.gguf_text("general.license", "mit"),
        make.gguf_pair("tokenizer.ggml.tokens", 9, b"\x08\0\0\0\x03" + b"\0" * 7 + make.gguf_string("x") * 3),
        make.gguf_text("tokenizer.chat_template", "{{ x }}"),
    ]
    header = {"__metadata__": {"license": "mit"}, "a": make.tensor("F32", [2], 0, 8)}
    keras = {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}
    state = make.state_dict_pickle(make.torch_tensor(), make.torch_tensor("1"))
    files = [
        ("m.safetensors", make.safetensors_file(header, b"\0" * 8)),
        ("m.gguf", make.gguf_file(pairs, tensors, b"\0" * 192)),
        ("m.gguf", make.gguf_file([make.gguf_text("general.license", "mit", ">")], order=">")),
        ("m.pt", make.torch_zip(state, [b"\0" * 16, b"\0" * 16])),
        ("m.zip", make.zip_file({"a.pkl": state, "b.npy": make.npy_file("{}")}, deflated=True)),
        ("m.keras", make.zip_file({"metadata.json": b"{}", "config.json": json.dumps(keras).encode()})),
        ("m.pkl", make.stack_global_pickle("os", "system", memoized=True)),
        ("m.pkl", make.call_pickle("os", "system")),
        ("a.npy", make.npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", b"\0" * 8)),
        (
            "a.npy",
            make.npy_file("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", pickle.dumps([1, 2])),
        ),
        ("m.tar", make.tar_file({"pickle": state, "x.npy": make.npy_file("{}")})),
        ("m.pkl.gz", gzip.compress(state)),
        ("m.onnx", make.onnx_file(nested=2)),
        ("m.onnx", make.onnx_file(location="w.bin")),
        ("saved_model.pb", make.saved_model_file("MatMul", in_function=True)),
        ("keras_metadata.pb", make.message(1, make.message(5, json.dumps(keras)))),
        ("flax_model.msgpack", b"\x82\xa1a\xc7\x0a\x01\x93\x91\x02\xa5uint8\xc4\xa1b\x93\x01\x02\x03"),
        (
            "x/_METADATA",
            b'{"tree_metadata": {}, "array_metadatas": [{"array_metadata": {"shape": [2], "dtype": "<f4"}}]}',
        ),
        ("m.xml", b'<net name="m"><data element_type="f32" shape="2, 3" offset="0" size="24"/></net>'),
        ("m.llamafile", b"MZqFpD" + b"\0" * 90 + make.zip_file({"m.gguf": make.gguf_file(pairs)})),
    ]
    kept = sorted(
        path for path in DATA.iterdir() if path.suffix in {".pt", ".bin", ".ckpt", ".h5", ".joblib"}
    )
    return files + [(path.name, path.read_bytes()) for path in kept]


def damaged(content: bytes, randomness: random.Random) -> bytes:
    """The content with a few bytes, words, cuts, copies or insertions changed."""
    data = bytearray(content)
    for _ in range(randomness.choice((1, 1, 1, 2, 3, 8, 30))):
        place = randomness.randrange(len(data)) if data else 0
        choice = randomness.randrange(8)
        if choice <= 1 and data:
            data[place] = randomness.randrange(256)
        elif choice == 2 and data:
            data[place] ^= 1 << randomness.randrange(8)
        elif choice == 3:
            word = randomness.choice(_WORDS)
            data[place : place + len(word)] = word
        elif choice == 4:
            data[place:place] = randomness.choice(_WORDS)
        elif choice == 5:
            del data[place : place + randomness.choice((1, 2, 4, 8, 100))]
        elif choice == 6:
            other = randomness.randrange(len(data)) if data else 0
            data[place:place] = data[other : other + randomness.choice((4, 16, 64))]
        else:
            del data[max(1, place) :]
    return bytes(data)
