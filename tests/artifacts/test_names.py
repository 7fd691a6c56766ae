"""What file names and branch names say: a table, and one example for every rule."""

import time

import pytest

from openaudit.artifacts.names import EXAMPLES, KINDS, checkpoint_step, classify_name, recognise_folders

NAMES = [
    ("LICENSE.md", "license"),
    ("license.txt", "license"),
    ("LICENSE-MODEL", "license"),
    ("LICENSE_llama3", "license"),
    ("COPYING", "license"),
    ("THIRD_PARTY_NOTICES.txt", "notice"),
    ("Notice", "notice"),
    ("original/consolidated.00.pth", "weights"),
    ("original/params.json", "config"),
    ("tokenizer.model", "tokenizer"),
    ("original/tokenizer.model", "tokenizer"),
    ("vocab.json", "tokenizer"),
    ("merges.txt", "tokenizer"),
    ("pytorch_model.bin", "weights"),
    ("pytorch_model.bin.index.json", "weights_index"),
    ("training_args.bin", "optimizer_state"),
    ("model.safetensors", "weights"),
    ("tf_model.h5", "weights"),
    ("flax_model.msgpack", "weights"),
    ("flax_model-00001-of-00002.msgpack", "weights"),
    ("rust_model.ot", "other"),
    ("onnx/model.onnx", "weights"),
    ("onnx/model.onnx_data", "weights"),
    ("adapter_model.bin", "adapter_weights"),
    ("adapter_config.json", "adapter_config"),
    ("configuration_chatglm.py", "modeling_code"),
    ("tokenization_chatglm.py", "modeling_code"),
    ("modeling.py", "modeling_code"),
    ("setup.py", "code"),
    (".gitattributes", "other"),
    ("generation_config.json", "generation_config"),
    ("mergekit_config.yml", "merge_config"),
    ("mergekit_moe_config.yml", "merge_config"),
    ("USE_POLICY.md", "use_policy"),
    ("Acceptable-Use-Policy.md", "use_policy"),
    ("preprocessor_config.json", "tokenizer_config"),
    ("results_2024-01-01T00-00-00.json", "evaluation_results"),
    ("data/train-00000-of-00001.parquet", "data"),
    ("train.jsonl", "data"),
    ("gemma-2b.gguf", "weights"),
    ("ggml-model-q4_0.bin", "weights"),
    ("unet/diffusion_pytorch_model.safetensors", "weights"),
    ("unet/config.json", "config"),
    ("model_index.json", "config"),
    ("scheduler/scheduler_config.json", "config"),
    ("1_Pooling/config.json", "config"),
    ("modules.json", "config"),
    ("sentence_bert_config.json", "config"),
    ("quantize_config.json", "config"),
    ("assets/logo.PNG", "image"),
    ("paper.pdf", "documentation"),
    ("CITATION.cff", "documentation"),
    ("CHANGELOG.md", "documentation"),
    ("trainer_state.json", "optimizer_state"),
    ("global_step1000/zero_pp_rank_0_mp_rank_00_optim_states.pt", "optimizer_state"),
    ("global_step1000/mp_rank_00_model_states.pt", "weights"),
    ("global_step1000/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt", "optimizer_state"),
    ("scheduler.pt", "optimizer_state"),
    ("rng_state_0.pth", "optimizer_state"),
    ("checkpoint", "weights"),
    ("params/checkpoint", "weights"),
    ("latest", "other"),
    ("zero_to_fp32.py", "code"),
    ("pytorch_lora_weights.safetensors", "adapter_weights"),
    ("special_tokens_map.json", "tokenizer_config"),
    ("added_tokens.json", "tokenizer_config"),
    ("coreml/x.mlpackage/Data/com.apple.CoreML/model.mlmodel", "weights"),
    ("openvino_model.xml", "weights"),
    ("openvino_model.bin", "weights"),
    ("imatrix.dat", "other"),
    ("LICENSE", "license"),
    ("Llama-3-LICENSE.txt", "license"),
    ("handler.py", "modeling_code"),
    ("eval.py", "code"),
    ("config.yaml", "config"),
    ("all_results.json", "evaluation_results"),
    ("train_results.json", "evaluation_results"),
    ("model.py", "modeling_code"),
    ("notebook.ipynb", "notebook"),
    ("requirements.txt", "code"),
    ("Modelfile", "code"),
    ("licenses/GPL.txt", "license"),
    ("license_check.py", "code"),
    ("README_zh.md", "documentation"),
    ("README-CN.md", "documentation"),
    ("usage.md", "documentation"),
    ("use_policy.txt", "use_policy"),
    ("docs/guide.html", "documentation"),
    ("checkpoint-500/model.safetensors", "weights"),
    ("checkpoint-500/optimizer.pt", "optimizer_state"),
    ("step_10/_METADATA", "weights"),
    (".eval_results/mmlu.yaml", "evaluation_results"),
    ("lm_eval/results_x.json", "evaluation_results"),
    ("audio/sample.flac", "media"),
    ("", "other"),
    ("a" * 5000, "other"),
]


@pytest.mark.parametrize(("path", "kind"), [*NAMES, *EXAMPLES])
def test_name_tells_its_kind(path: str, kind: str) -> None:
    assert classify_name(path) == kind


def test_every_kind_has_an_example() -> None:
    assert {kind for _path, kind in (*NAMES, *EXAMPLES)} == set(KINDS)


@pytest.mark.parametrize(
    "text", ["license" * 150, "_" * 1024, "a.b-c_" * 170, "model-" * 170 + ".bin", "/" * 1024]
)
def test_hostile_names_take_no_time(text: str) -> None:
    started = time.process_time()
    classify_name(text)
    checkpoint_step(text)
    assert time.process_time() - started < 0.5


STEPS = [
    ("step1000", 1000),
    ("step1000-tokens4B", 1000),
    ("checkpoint-500", 500),
    ("global_step5", 5),
    ("main", None),
    ("stage1-step10000-tokens42B", 10000),
    ("ckpt-1000", 1000),
    ("iter_0000100", 100),
    ("checkpoint_100", 100),
    ("step_3k", 3000),
    ("model-00001-of-00002", None),
    ("v1.0", None),
    ("step=20", 20),
    ("checkpoint-500/optimizer.pt", 500),
    ("stage2-ingredient1-step11931-tokens50B", 11931),
    ("epoch3-step200.ckpt", 200),
    ("llama-7b", None),
    ("checkpoint-00001-of-00002", None),
    ("refs/pr/3", None),
    ("", None),
    ("step", None),
    ("Step-12", 12),
]


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_name_tells_its_training_step(name: str, step: int | None) -> None:
    assert checkpoint_step(name) == step


def test_folders_that_are_one_artifact_are_recognised() -> None:
    paths = [
        "step_100/_METADATA",
        "step_100/manifest.ocdbt",
        "saved/saved_model.pb",
        "saved/variables/variables.index",
        "Model.mlpackage/Data/weights.bin",
        "dcp/.metadata",
        "dcp/__0_0.distcp",
        "plain/.metadata",
        "model.safetensors",
    ]
    assert recognise_folders(paths) == (
        ("Model.mlpackage", "coreml-package"),
        ("dcp", "pytorch-distributed"),
        ("saved", "tensorflow-saved-model"),
        ("step_100", "orbax"),
    )
