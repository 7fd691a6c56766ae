"""A Keras model's configuration: layers that carry Python code, and classes from outside Keras.

Source: keras/src/saving/serialization_lib.py (serialize_keras_object), keras/src/layers/core/lambda_layer.py.
"""

from collections.abc import Iterator
from typing import Any

from openaudit.artifacts.artifact import Draft, clean_text

_MAX_NODES = 200_000
_CODE_CLASSES = {"Lambda", "TFOpLambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer"}
_UNSAFE_CLASSES = {"Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer", "__lambda__"}
_OWN_MODULES = ("keras.", "tf_keras.", "tensorflow.keras.", "keras_nlp.", "keras_hub.", "keras_cv.")
_OWN_NAMES = {"keras", "builtins", "tensorflow", "numpy"}


def judge_config(value: Any, draft: Draft) -> None:
    """Add to the draft what building the model from this configuration would run."""
    draft.framework = draft.framework or "tensorflow"
    if not isinstance(value, dict):
        draft.judge("unknown", "the Keras configuration is not an object")
        return
    if isinstance(name := value.get("class_name"), str):
        draft.note("architecture", name)
    for node in _objects(value, draft):
        _judge_node(node, draft)


def _judge_node(node: dict[str, Any], draft: Draft) -> None:
    name, module = node.get("class_name"), node.get("module")
    if isinstance(name, str) and name in _UNSAFE_CLASSES:
        draft.judge("unsafe", f"the layer {name} carries code that runs when the model is built")
    elif isinstance(name, str) and name in _CODE_CLASSES:
        draft.judge("unknown", f"the layer {name} calls a function by name")
    if isinstance(module, str) and "class_name" in node:
        own = module in _OWN_NAMES or module.startswith(_OWN_MODULES)
        if not own:
            draft.judge("unsafe" if module.split(".")[0] in _SYSTEM else "unknown", _foreign(module, name))
    registered = node.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        draft.judge("unknown", f"it needs the custom class {clean_text(registered, 80)}")


_SYSTEM = {
    "os",
    "posix",
    "nt",
    "subprocess",
    "sys",
    "shutil",
    "builtins",
    "importlib",
    "runpy",
    "ctypes",
    "socket",
}


def _foreign(module: str, name: Any) -> str:
    return f"it imports {clean_text(f'{module}.{name}', 100)}, which is not Keras's own"


def _objects(value: Any, draft: Draft) -> Iterator[dict[str, Any]]:
    """Every object inside, without recursion and with a bound."""
    waiting, seen = [value], 0
    while waiting:
        seen += 1
        if seen > _MAX_NODES:
            draft.problem("budget", "the Keras configuration is too large to be followed")
            return
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
