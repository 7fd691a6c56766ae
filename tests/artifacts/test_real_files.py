"""Files made by the real libraries: what the headers say agrees with what the libraries read."""

import io
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from openaudit.artifacts import Artifact, BudgetedReader, BytesReader, FileByteReader, inspect

from . import builders as make

DATA = Path(__file__).parent / "data"

# Written by PyTorch 2.14.1 with make_torch_files.py; the counts are those of the modules defined there.
TORCH_FILES: list[tuple[str, str, str, dict[str, int]]] = [
    ("state_dict.pt", "pytorch-zip", "safe", {"F32": 63}),
    ("state_dict_legacy.bin", "pytorch-legacy", "safe", {"F32": 63}),
    ("state_dict_tied_bf16.pt", "pytorch-zip", "safe", {"BF16": 63, "I64": 5}),
    ("checkpoint.ckpt", "pytorch-zip", "safe", {"F32": 63 * 3 + 3}),
    ("quantized.pt", "pytorch-zip", "safe", {"F8_E4M3": 4, "QI8": 9}),
    ("whole_module.pt", "pytorch-zip", "unknown", {"F32": 63}),
    ("torchscript.pt", "torchscript", "unknown", {"F32": 63}),
]


def look(path: Path) -> Artifact:
    return inspect(path.name, FileByteReader(path))


@pytest.mark.parametrize(("name", "kind", "safe", "dtypes"), TORCH_FILES)
def test_file_written_by_pytorch_is_read(name: str, kind: str, safe: str, dtypes: dict[str, int]) -> None:
    artifact = look(DATA / name)
    assert (artifact.format, artifact.framework, artifact.safe) == (kind, "pytorch", safe)
    assert dict(artifact.dtypes) == dtypes
    assert artifact.parameters == sum(dtypes.values())
    assert artifact.problems == ()


def test_pytorch_agrees_where_it_is_installed() -> None:
    torch = pytest.importorskip("torch")
    for name, _kind, safe, dtypes in TORCH_FILES[:3]:
        state = torch.load(DATA / name, weights_only=True)
        unique = {(tensor.data_ptr(), tensor.numel()): tensor.numel() for tensor in state.values()}
        assert sum(unique.values()) == sum(dtypes.values())
        assert safe == "safe"


def test_layout_of_torch_save_built_by_hand_is_read() -> None:
    content = make.torch_zip(
        make.state_dict_pickle(make.torch_tensor("0"), make.torch_tensor("1", 3, "HalfStorage")),
        [b"\0" * 16, b"\0" * 6],
    )
    artifact = inspect("pytorch_model.bin", BytesReader(content))
    assert (artifact.format, artifact.safe, dict(artifact.dtypes)) == (
        "pytorch-zip",
        "safe",
        {"F16": 3, "F32": 4},
    )


def test_safetensors_agrees_with_its_library(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    library = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "model.safetensors"
    tensors = {
        "a": np.zeros((3, 4), np.float32),
        "b": np.ones(5, np.float16),
        "c": np.zeros((2, 0), np.int64),
    }
    library.save_file(
        tensors, path, metadata={"format": "pt", "license": "cc-by-nc-4.0", "base_model": "org/base"}
    )
    artifact = look(path)
    assert artifact.parameters == sum(tensor.size for tensor in library.load_file(path).values())
    assert dict(artifact.dtypes) == {"F16": 5, "F32": 12, "I64": 0}
    assert artifact.license_metadata == (("license", "cc-by-nc-4.0"),)
    assert ("base_model", "org/base") in artifact.metadata
    assert (artifact.framework, artifact.safe, artifact.problems) == ("pytorch", "safe", ())


def write_gguf(path: Path, order: str) -> Any:
    gguf = pytest.importorskip("gguf")
    np = pytest.importorskip("numpy")
    endian = gguf.GGUFEndian.LITTLE if order == "<" else gguf.GGUFEndian.BIG
    writer = gguf.GGUFWriter(path, "llama", endianess=endian)
    writer.add_license("cc-by-nc-4.0")
    writer.add_license_name("Example license")
    writer.add_license_link("https://example.org/license")
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, "Base")
    writer.add_base_model_repo_url(0, "https://example.org/org/base")
    writer.add_source_url("https://example.org")
    writer.add_string("general.dataset.0.name", "Texts")
    writer.add_array("general.datasets", ["org/one", "org/two"])
    writer.add_token_list([f"token {number}" for number in range(2000)])
    writer.add_token_scores([0.5] * 2000)
    writer.add_chat_template("{{ messages[0].content }}")
    writer.add_file_type(15)
    writer.add_tensor("output.weight", np.zeros((4, 32), np.float32))
    writer.add_tensor("norm", np.zeros((32,), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return gguf


@pytest.mark.parametrize("order", ["<", ">"])
def test_gguf_agrees_with_its_library(tmp_path: Path, order: str) -> None:
    path = tmp_path / "model.gguf"
    gguf = write_gguf(path, order)
    artifact = look(path)
    library = gguf.GGUFReader(path)
    assert artifact.parameters == sum(int(tensor.n_elements) for tensor in library.tensors)
    assert dict(artifact.dtypes) == {"F16": 32, "F32": 128}
    assert artifact.license_metadata == (
        ("general.license", "cc-by-nc-4.0"),
        ("general.license.name", "Example license"),
        ("general.license.link", "https://example.org/license"),
    )
    noted = artifact.metadata
    assert ("general.base_model.0.repo_url", "https://example.org/org/base") in noted
    assert [value for key, value in noted if key == "general.datasets"] == ["org/one", "org/two"]
    assert ("general.source.url", "https://example.org") in noted
    assert ("quantization", "Q4_K_M") in noted
    assert ("architecture", "llama") in noted
    assert any(key == "chat_template.sha256" for key, _value in noted)
    assert (artifact.safe, artifact.problems) == ("safe", ())


@pytest.mark.parametrize(("version", "order"), [(1, "<"), (2, "<"), (3, "<"), (3, ">")])
def test_every_gguf_version_is_read(version: int, order: str) -> None:
    width = "I" if version == 1 else "Q"
    content = make.gguf_file(
        [make.gguf_text("general.license", "mit", order, width)],
        [make.gguf_tensor("t", [8, 2], 0, 0, order, width)],
        b"\0" * 64,
        version=version,
        order=order,
    )
    artifact = inspect("m.gguf", BytesReader(content))
    assert artifact.license_metadata == (("general.license", "mit"),)
    assert (artifact.parameters, artifact.safe, artifact.problems) == (16, "safe", ())


def test_split_gguf_names_its_part() -> None:
    pairs = [make.gguf_pair("split.no", 2, b"\x01\0"), make.gguf_pair("split.count", 2, b"\x03\0")]
    artifact = inspect("m-00002-of-00003.gguf", BytesReader(make.gguf_file(pairs)))
    assert ("split.no", "1") in artifact.metadata
    assert ("split.count", "3") in artifact.metadata


def test_numpy_files_agree_with_numpy(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    np.save(tmp_path / "plain.npy", np.zeros((3, 4), np.float32))
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "pair.npz", a=np.zeros(3), b=np.ones((2, 2), np.int32))
    np.savez_compressed(tmp_path / "packed.npz", a=np.zeros(3000), b=np.ones((2, 2), np.int32))
    plain, objects = look(tmp_path / "plain.npy"), look(tmp_path / "objects.npy")
    assert (plain.parameters, dict(plain.dtypes), plain.safe) == (12, {"F32": 12}, "safe")
    assert objects.safe == "safe"
    assert "numpy.dtype" in [item.path for item in objects.globals]
    for name, elements in (("pair.npz", 7), ("packed.npz", 3004)):
        artifact = look(tmp_path / name)
        assert (artifact.format, artifact.parameters, artifact.safe) == ("npz", elements, "safe")


def test_onnx_agrees_with_its_library(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    np = pytest.importorskip("numpy")
    weight = onnx.numpy_helper.from_array(np.ones((4, 4), np.float32), "W")
    helper = onnx.helper
    ends = [helper.make_tensor_value_info(name, 1, [1, 4]) for name in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "W"], ["y"])], "g", ends[:1], ends[1:], [weight]
    )
    model = helper.make_model(graph, producer_name="pytorch", producer_version="2.1")
    entry = model.metadata_props.add()
    entry.key, entry.value = "license", "MIT"
    onnx.save(model, tmp_path / "model.onnx")
    onnx.save_model(
        model, tmp_path / "outside.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    for name, outside in (("model.onnx", ()), ("outside.onnx", ("weights.bin",))):
        artifact = look(tmp_path / name)
        assert (artifact.parameters, dict(artifact.dtypes)) == (16, {"F32": 16})
        assert artifact.license_metadata == (("license", "MIT"),)
        assert ("producer", "pytorch") in artifact.metadata
        assert artifact.external_paths == outside
        assert (artifact.format, artifact.safe, artifact.problems) == ("onnx", "safe", ())


def write_h5(path: Path, layers: list[str], libver: str | None) -> Any:
    h5py = pytest.importorskip("h5py")
    np = pytest.importorskip("numpy")
    config = {"class_name": "Sequential", "config": {"layers": [{"class_name": layer} for layer in layers]}}
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["keras_version"] = "2.15.0"
        group = file.create_group("model_weights").create_group("dense")
        group.create_dataset("kernel", data=np.zeros((4, 5), np.float32))
        group.create_dataset("bias", data=np.zeros(5, np.float16))
        for number in range(40):
            file.create_dataset(f"model_weights/more/w{number}", data=np.zeros(3, np.float32))
    return h5py


@pytest.mark.parametrize(("layers", "safe"), [(["Dense"], "safe"), (["Dense", "Lambda"], "unsafe")])
def test_keras_h5_agrees_with_h5py(tmp_path: Path, layers: list[str], safe: str) -> None:
    path = tmp_path / "model.h5"
    h5py = write_h5(path, layers, None)
    artifact = look(path)
    sizes: list[int] = []
    with h5py.File(path) as file:
        file.visititems(
            lambda _name, item: sizes.append(item.size) if isinstance(item, h5py.Dataset) else None
        )
    assert artifact.parameters == sum(sizes)
    assert (artifact.format, artifact.framework, artifact.safe) == ("keras-hdf5", "tensorflow", safe)
    assert ("producer", "keras 2.15.0") in artifact.metadata


def test_newest_h5_layout_is_read_or_called_unknown(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    write_h5(path, ["Lambda"], "latest")
    artifact = look(path)
    assert artifact.safe == "unsafe"


def test_h5_that_reads_other_files_is_unsafe(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["link"] = h5py.ExternalLink("/etc/passwd", "/x")
        file.create_dataset("raw", (10,), dtype="u1", external=[("/etc/shadow", 0, 10)])
    artifact = look(tmp_path / "x.h5")
    assert artifact.external_paths == ("/etc/passwd", "/etc/shadow")
    assert artifact.safe == "unsafe"


def test_flax_checkpoint_is_read(tmp_path: Path) -> None:
    msgpack = pytest.importorskip("msgpack")
    np = pytest.importorskip("numpy")

    def array(value: Any) -> Any:
        return msgpack.ExtType(
            1, msgpack.packb((value.shape, value.dtype.name, value.tobytes()), use_bin_type=True)
        )

    tree = {
        "params": {"kernel": array(np.zeros((40, 50), np.float32)), "bias": array(np.zeros(3, np.float16))}
    }
    for name in ("flax_model.msgpack", "checkpoint_1000"):
        path = tmp_path / name
        path.write_bytes(msgpack.packb(tree, use_bin_type=True))
        artifact = look(path)
        assert (artifact.format, artifact.framework, artifact.safe) == ("flax-msgpack", "jax", "safe")
        assert dict(artifact.dtypes) == {"F16": 3, "F32": 2000}


def test_orbax_notes_are_read() -> None:
    metadata = {
        "tree_metadata": {"('params',)": {"key_metadata": [], "value_metadata": {"value_type": "jax.Array"}}}
    }
    artifact = inspect("step_10/_METADATA", BytesReader(json.dumps(metadata).encode()))
    assert (artifact.format, artifact.framework, artifact.safe) == ("orbax", "jax", "safe")
    zarray = {"zarr_format": 2, "shape": [4, 8], "dtype": "<f4", "chunks": [4, 8]}
    array = inspect("params/kernel/.zarray", BytesReader(json.dumps(zarray).encode()))
    assert dict(array.dtypes) == {"F32": 32}


def joblib_array(values: int, alignment: bool) -> bytes:
    """A pickle as joblib writes it for one float64 array: the description, then the raw numbers in the stream."""
    stream = io.BytesIO()
    stream.write(
        b"\x80\x04\x8c\x12joblib.numpy_pickle\x8c\x11NumpyArrayWrapper\x93)\x81}(".replace(
            b"\x12job", b"\x13job"
        )
    )
    stream.write(
        b"\x8c\x05shapeK"
        + bytes([values])
        + b"\x85\x8c\x05dtype\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02f8\x89\x88\x87R"
    )
    if alignment:
        stream.write(b"\x8c\x1bnumpy_array_alignment_bytesK\x10")
    stream.write(b"ub" + (b"\x03\xff\xff\xff" if alignment else b"") + b"." * 8 * values + b".")
    return stream.getvalue()


@pytest.mark.parametrize("alignment", [False, True])
def test_raw_arrays_inside_a_joblib_file_are_passed_over(alignment: bool) -> None:
    artifact = inspect("model.joblib", BytesReader(joblib_array(5, alignment)))
    assert (artifact.format, dict(artifact.dtypes), artifact.problems) == ("joblib", {"F64": 5}, ())
    assert artifact.safe == "safe"


def test_joblib_file_agrees_with_joblib_where_it_is_installed(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    np = pytest.importorskip("numpy")
    for name, compress in (("plain.joblib", 0), ("packed.joblib", 3)):
        joblib.dump(
            {"a": np.zeros(500), "b": [np.ones((3, 3), np.float32)], "c": "x"},
            tmp_path / name,
            compress=compress,
        )
        artifact = look(tmp_path / name)
        assert dict(artifact.dtypes) == {"F32": 9, "F64": 500}
        assert artifact.safe == "safe"


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_is_safe_under_every_protocol(protocol: int) -> None:
    value = {
        "step": 5,
        "name": "x" * 2000,
        "list": [1.5, None, True, -(2**70)],
        "set": {1},
        "bytes": b"abc",
        "t": (1, 2, 3, 4),
    }
    artifact = inspect("state.pkl", BytesReader(pickle.dumps(value, protocol)))
    assert (artifact.safe, artifact.problems) == ("safe", ())


def test_saved_model_and_coreml_and_openvino_name_their_makers() -> None:
    saved = inspect("saved_model.pb", BytesReader(make.saved_model_file("MatMul", "SaveV2")))
    assert (saved.format, saved.framework, saved.safe) == ("tensorflow-saved-model", "tensorflow", "safe")
    assert ("producer", "tensorflow 2.15.0") in saved.metadata
    about = make.message(1, "a model") + make.message(3, "someone") + make.message(4, "MIT")
    coreml = inspect("x.mlmodel", BytesReader(make.message(1, 5) + make.message(2, make.message(100, about))))
    assert coreml.license_metadata == (("license", "MIT"),)
    xml = (
        b'<?xml version="1.0"?><net name="m" version="11"><layers><layer id="0" type="Const">'
        b'<data element_type="f32" shape="2, 3" offset="0" size="24"/></layer></layers>'
        b'<rt_info><Runtime_version value="2024.1"/></rt_info></net>'
    )
    openvino = inspect("openvino_model.xml", BytesReader(xml))
    assert (openvino.format, dict(openvino.dtypes), openvino.safe) == ("openvino", {"F32": 6}, "safe")


def test_llamafile_is_a_program_with_weights_inside() -> None:
    inner = make.gguf_file([make.gguf_text("general.license", "apache-2.0")])
    content = b"MZqFpD='\n" + b"\0" * 500 + make.zip_file({"model.gguf": inner, "bin/llama.py": b""})
    artifact = inspect("model.llamafile", BytesReader(content))
    assert (artifact.format, artifact.framework, artifact.safe) == ("llamafile", "gguf", "unsafe")
    assert artifact.license_metadata == (("general.license", "apache-2.0"),)


def test_keras_archive_without_code_is_safe() -> None:
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [
        {"module": "keras.layers", "class_name": "Dense", "config": {}}]}}  # fmt: skip
    content = make.zip_file(
        {"metadata.json": b'{"keras_version": "3.3.3"}', "config.json": json.dumps(config).encode()}
    )
    artifact = inspect("model.keras", BytesReader(content))
    assert (artifact.format, artifact.safe, artifact.problems) == ("keras-zip", "safe", ())
    assert ("producer", "keras 3.3.3") in artifact.metadata


SPARSE = [("model.safetensors", 40 * 10**9), ("model.gguf", 20 * 10**9)]


def sparse_start(name: str, size: int) -> bytes:
    if name.endswith(".gguf"):
        pairs = [
            make.gguf_text("general.license", "cc-by-nc-4.0"),
            make.gguf_text("general.architecture", "llama"),
        ]
        return make.gguf_file(pairs, [make.gguf_tensor("t", [(size - 4096) // 1024, 256], 0, 0)])
    header = {
        "__metadata__": {"license": "cc-by-nc-4.0"},
        "t": make.tensor("BF16", [(size - 1000) // 2], 0, (size - 1000)),
    }
    return make.safetensors_file(header)


@pytest.mark.parametrize(("name", "size"), SPARSE)
def test_huge_sparse_file_costs_a_header(tmp_path: Path, name: str, size: int) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(sparse_start(name, size))
        os.truncate(file.fileno(), size)
    reader = BudgetedReader(FileByteReader(path))
    artifact = inspect(name, reader)
    assert artifact.size_bytes == size
    assert ("license", "cc-by-nc-4.0") in [
        (key.removeprefix("general."), value) for key, value in artifact.license_metadata
    ]
    assert artifact.bytes_read <= 1_000_000
    assert reader.calls <= 12
    assert artifact.parameters is not None
    assert artifact.parameters > 4 * 10**9


def test_raw_numbers_are_no_damaged_pickle() -> None:
    for first in (b"N", b"(", b"]", b"\x80", b"c"):
        artifact = inspect("openvino_model.bin", BytesReader(first + bytes(range(1, 200)) * 20))
        assert (artifact.format, artifact.safe) == ("unknown", "unknown")


def test_zip64_file_of_30_gigabytes_is_read_from_its_end() -> None:
    size, pieces = make.huge_torch_zip(make.state_dict_pickle(make.torch_tensor()), 30 * 10**9)
    reader = BudgetedReader(make.PatternReader(size, pieces))
    artifact = inspect("pytorch_model.bin", reader)
    assert (artifact.format, artifact.safe, artifact.problems) == ("pytorch-zip", "safe", ())
    assert reader.calls <= 6
    assert artifact.bytes_read <= 100_000


def test_safetensors_whose_length_looks_like_a_pickle_is_read() -> None:
    header = json.dumps({"a": make.tensor("U8", [1], 0, 1)}).encode().ljust(0x280280)
    content = make.safetensors_file(header, b"x")
    assert content[:3] == b"\x80\x02("
    artifact = inspect("m.safetensors", BudgetedReader(BytesReader(content), max_bytes=10_000_000))
    assert (artifact.format, artifact.safe, artifact.problems) == ("safetensors", "safe", ())
