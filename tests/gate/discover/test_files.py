"""Notebooks, configuration, shell, Dockerfiles, Modelfiles, JavaScript, weight files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.gate.discover.trees import look, seen, targets

HASH = "0123456789abcdef0123456789abcdef01234567"

CONFIGURATION = [
    ("axolotl.yml", "base_model: a-b/c1\nbase_model_config: a-b/c9\n", [("a-b/c1", 1, None)]),
    ("axolotl.yml", "datasets:\n  - path: a-b/d1\n    type: alpaca\n  - path: json\n", [("datasets/a-b/d1", 2, None)]),
    ("trl.yaml", "model_name_or_path: a-b/c1\nmodel_revision: v1\ndataset_name: a-b/d1\n",
     [("a-b/c1", 1, "v1"), ("datasets/a-b/d1", 3, None)]),
    ("trl.yaml", "model_name_or_path: bert-base-uncased\n", [("bert-base-uncased", 1, None)]),
    ("tune.yaml", "dataset:\n  _component_: torchtune.datasets.x\n  source: a-b/d1\n", [("datasets/a-b/d1", 3, None)]),
    ("vllm.yaml", "model: a-b/c1\nrevision: v2\ntokenizer: a-b/c2\n", [("a-b/c1", 1, "v2"), ("a-b/c2", 3, "v2")]),
    ("litellm.yaml", "model_list:\n  - model_name: gpt\n    litellm_params:\n      model: huggingface/a-b/c1\n      api_base: x\n",
     [("a-b/c1", 4, None)]),
    ("litellm.yaml", "model_list:\n  - litellm_params: {model: ollama_chat/llama3.1}\n", [("ollama:llama3.1", 2, None)]),
    ("values.yaml", "ollama:\n  models:\n    pull:\n      - llama3.2\n      - phi4:14b\n",
     [("ollama:llama3.2", 4, None), ("ollama:phi4:14b", 5, None)]),
    ("k8s.yaml", ("spec:\n  containers:\n    - image: a-b/c9\n      command: [vllm, serve]\n      args:\n        - a-b/c1\n"
     "        - --revision\n        - v1\n"), [("a-b/c1", 6, "v1")]),
    ("k8s.yaml", "args:\n  - --model=a-b/c1\n", [("a-b/c1", 2, None)]),
    ("k8s.yaml", "command: [sh, -c]\nargs:\n  - |\n    set -e\n    ollama pull llama3\n", [("ollama:llama3", 5, None)]),
    ("k8s.yaml", "env:\n  - name: MODEL_ID\n    value: a-b/c1\n  - name: TZ\n    value: Europe/Paris\n", [("a-b/c1", 3, None)]),
    ("kserve.yaml", f"model:\n  storageUri: hf://a-b/c1:{HASH}\n", [("a-b/c1", 2, HASH)]),
    ("compose.yaml", "services:\n  x:\n    image: a-b/c9\n    command: >\n      --model a-b/c1\n      --port 80\n", [("a-b/c1", 5, None)]),
    ("compose.yaml", "services:\n  x:\n    environment:\n      MODEL_ID: a-b/c1\n      TZ: Asia/Tokyo\n", [("a-b/c1", 4, None)]),
    ("compose.yaml", "services:\n  x:\n    entrypoint: ['ollama', 'run', 'llama3']\n", [("ollama:llama3", 3, None)]),
    ("merge.yml", "models:\n  - model: a-b/c1\n  - model: a-b/c2+a-b/lora\n", [("a-b/c1", 2, None), ("a-b/c2", 3, None)]),
    ("two.yaml", "a: 1\n---\nmodel: a-b/c1\n", [("a-b/c1", 3, None)]),
    ("alias.yaml", "x: &m {model: a-b/c1}\ny: *m\n", [("a-b/c1", 1, None)]),
    ("adapter_config.json", '{\n "base_model_name_or_path": "a-b/c1",\n "revision": null\n}', [("a-b/c1", 2, None)]),
    ("settings.json", '// editor\n{"llm": {"provider": "ollama", "model": "llama3"},}', [("ollama:llama3", 2, None)]),
    ("package.json", '{"scripts": {"up": "vllm serve a-b/c1"}}', [("a-b/c1", 1, None)]),
    ("config.toml", '[model]\nname = "a-b/c1"\nrevision = "v1"\n[data]\ndatasets = [\n  "a-b/d1",\n]\n',
     [("a-b/c1", 2, "v1"), ("datasets/a-b/d1", 6, None)]),
    (".env", 'export MODEL_ID="a-b/c1"\n#MODEL=a-b/c2\nOLLAMA_MODEL=llama3\n', [("a-b/c1", 1, None), ("ollama:llama3", 3, None)]),
    ("spacy.cfg", '[components.transformer.model]\nname = "roberta-base"\n', [("roberta-base", 2, None)]),
    ("gitlab-ci.yml", "job:\n  script:\n    - pip install x\n    - hf download a-b/c1\n", [("a-b/c1", 4, None)]),
    (".github/workflows/x.yml", "jobs:\n  a:\n    steps:\n      - uses: a-b/c9@v1\n      - run: ollama pull llama3\n",
     [("ollama:llama3", 5, None)]),
    ("no.yaml", "image: a-b/c1\nrepository: a-b/c1\nuses: a-b/c1\nhub_model_id: a-b/c1\ntz: Europe/Rome\n", []),
    ("package-lock.json", '{"model": "a-b/c1"}', []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "expected"), CONFIGURATION, ids=[f"{i}-{c[0]}" for i, c in enumerate(CONFIGURATION)]
)
def test_configuration(
    tmp_path: Path, path: str, text: str, expected: list[tuple[str, int, str | None]]
) -> None:
    assert seen(tmp_path, path, text) == expected


SHELL = [
    ("vllm serve a-b/c1 --revision v1", [("a-b/c1", 1, "v1")]),
    ("vllm serve --port 80 a-b/c1", [("a-b/c1", 1, None)]),
    ("llama-server -hf a-b/c1-GGUF:Q4_K_M", [("a-b/c1-GGUF", 1, None)]),
    ("llama-cli --hf-repo a-b/c1 --hf-file x.gguf", [("a-b/c1", 1, None)]),
    ("ollama run llama3 'hi'\nollama pull hf.co/a-b/c1:Q8_0", [("ollama:llama3", 1, None), ("a-b/c1", 2, None)]),
    ("docker exec -it ollama ollama pull phi4", [("ollama:phi4", 1, None)]),
    ("hf download a-b/c1 --revision v1 && echo done", [("a-b/c1", 1, "v1")]),
    ("huggingface-cli download --repo-type dataset a-b/d1", [("datasets/a-b/d1", 1, None)]),
    ("hf download --repo-type space a-b/d1", []),
    ("hf upload a-b/c1 .", []),
    ("python -m vllm.entrypoints.openai.api_server \\\n  --model a-b/c1 \\\n  --revision v1", [("a-b/c1", 2, "v1")]),
    ("git clone https://huggingface.co/a-b/c1 x", [("a-b/c1", 1, None)]),
    ("GIT_LFS_SKIP_SMUDGE=1 git clone -b v1 https://huggingface.co/datasets/a-b/d1", [("datasets/a-b/d1", 1, "v1")]),
    ("git clone https://github.com/a-b/c1", []),
    ("text-generation-launcher --model-id a-b/c1", [("a-b/c1", 1, None)]),
    ("docker run ghcr.io/huggingface/text-generation-inference:3 --model-id a-b/c1", [("a-b/c1", 1, None)]),
    ("MODEL=a-b/c1\nvllm serve $MODEL", [("a-b/c1", 1, None)]),
    ('M="${1:-a-b/c1}"\nhf download "$M"', [("a-b/c1", 1, None)]),
    ("accelerate launch t.py --model_name_or_path bert-base-cased --dataset_name a-b/d1",
     [("bert-base-cased", 1, None), ("datasets/a-b/d1", 1, None)]),
    ("lm_eval --model hf --model_args pretrained=a-b/c1,revision=r1", [("a-b/c1", 1, "r1")]),
    ("curl -L https://huggingface.co/a-b/c1/resolve/main/x.gguf -o x", [("a-b/c1", 1, "main")]),
    ("python - <<'EOF'\nfrom t import X\nX.from_pretrained('a-b/c1')\nEOF\nls", [("a-b/c1", 3, None)]),
    ('python3 -c "from t import X; X.from_pretrained(\'a-b/c1\')"', [("a-b/c1", 1, None)]),
    ("bash -c 'ollama pull llama3'", [("ollama:llama3", 1, None)]),
    ("cat > Modelfile <<EOF\nFROM llama3\nEOF", [("ollama:llama3", 2, None)]),
    ("python -m spacy download en_core_web_sm", [("spacy/en_core_web_sm", 1, None)]),
    ("# ollama pull llama3\necho ollama pull llama3", []),
    ("vllm serve a-b/c1 --served-model-name a-b/c2", [("a-b/c1", 1, None)]),
    ("docker pull a-b/c1\npip install a-b/c1", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SHELL, ids=[text[:50] for text, _ in SHELL])
def test_shell(tmp_path: Path, text: str, expected: list[tuple[str, int, str | None]]) -> None:
    assert seen(tmp_path, "run.sh", text) == expected


DOCKERFILES = [
    ("FROM a-b/c1:tag\nLABEL model=a-b/c2\n", []),
    ("FROM x\nENV MODEL_ID a-b/c1\n", [("a-b/c1", 2, None)]),
    ("FROM x\nENV A=1 MODEL_ID=a-b/c1\n", [("a-b/c1", 2, None)]),
    ('FROM x\nENTRYPOINT ["vllm", "serve"]\nCMD ["a-b/c1", "--revision", "v1"]\n', [("a-b/c1", 3, "v1")]),
    ("FROM x\nRUN apt update && \\\n  # why\n  ollama pull llama3\n", [("ollama:llama3", 4, None)]),
    ("FROM x\nRUN <<EOF\nhf download a-b/c1\nEOF\n", [("a-b/c1", 3, None)]),
    ("FROM x\nRUN --mount=type=cache,target=/r hf download a-b/c1\n", [("a-b/c1", 2, None)]),
    ("FROM x\nCMD vllm serve a-b/c1\n", [("a-b/c1", 2, None)]),
]


@pytest.mark.parametrize(("text", "expected"), DOCKERFILES)
def test_dockerfiles(tmp_path: Path, text: str, expected: list[tuple[str, int, str | None]]) -> None:
    assert seen(tmp_path, "Dockerfile", text) == expected


MODELFILES = [
    ("FROM llama3.2:1b\n", [("ollama:llama3.2:1b", 1, None)]),
    ("# x\nfrom hf.co/a-b/c1-GGUF:Q4_0\n", [("a-b/c1-GGUF", 2, None)]),
    ("FROM ./w/x.gguf\nADAPTER ./lora.gguf\n", [("sub/w/x.gguf", 1, None), ("sub/lora.gguf", 2, None)]),
    ('FROM llama3\nSYSTEM """\nFROM mistral\n"""\n', [("ollama:llama3", 1, None)]),
    ("FROM ../../outside.gguf\n", []),
    ("FROM /abs/x.gguf\n", []),
]


@pytest.mark.parametrize(("text", "expected"), MODELFILES)
def test_modelfiles(tmp_path: Path, text: str, expected: list[tuple[str, int, str | None]]) -> None:
    assert seen(tmp_path, "sub/Modelfile", text) == expected


JAVASCRIPT = [
    (
        'const p = await pipeline("summarization", "Xenova/t5-small", {revision: "v1"});',
        [("Xenova/t5-small", 1, "v1")],
    ),
    ("const p = await pipeline<'ner'>('ner', MODEL);\nconst MODEL = 'a-b/c1';", [("a-b/c1", 2, None)]),
    ("AutoModel.from_pretrained('a-b/c1')", [("a-b/c1", 1, None)]),
    ("hf.textGeneration({\n  model: 'a-b/c1',\n  inputs: x })", [("a-b/c1", 2, None)]),
    (
        "downloadFile({ repo: { type: 'dataset', name: 'a-b/d1' }, path: 'x', revision: 'v1' })",
        [("datasets/a-b/d1", 1, "v1")],
    ),
    ("ollama.chat({ model: 'llama3', messages })", [("ollama:llama3", 1, None)]),
    ("new ChatOllama({ model: 'llama3' })", [("ollama:llama3", 1, None)]),
    ("generateText({ model: ollama('phi4') })", [("ollama:phi4", 1, None)]),
    (
        "CreateMLCEngine('Llama-3.1-8B-Instruct-q4f32_1-MLC')",
        [("mlc-ai/Llama-3.1-8B-Instruct-q4f32_1-MLC", 1, None)],
    ),
    (
        "const m = process.env.MODEL ?? 'a-b/c1';\nconst modelId = process.env.M || 'a-b/c2';",
        [("a-b/c2", 2, None)],
    ),
    ("fetch(`https://huggingface.co/a-b/c1/resolve/main/x.onnx`)", [("a-b/c1", 1, "main")]),
    ("// pipeline('x', 'a-b/c1')\n/* from_pretrained('a-b/c2') */", []),
    ("import x from 'model/c1';\nconst y = require('a-b/c1');", []),
    ("const h = { accept: 'text/html', model: 'text/html' };", []),
    ("const re = /['\"]/; AutoModel.from_pretrained('a-b/c1')", [("a-b/c1", 1, None)]),
    ("createRepo({ repo: 'a-b/c1', model: 'a-b/c1' })", []),
]


@pytest.mark.parametrize(("text", "expected"), JAVASCRIPT, ids=[text[:50] for text, _ in JAVASCRIPT])
def test_javascript(tmp_path: Path, text: str, expected: list[tuple[str, int, str | None]]) -> None:
    assert seen(tmp_path, "web/app.ts", text) == expected


def _notebook(*cells: str, **more: object) -> str:
    code = [
        {
            "cell_type": "code",
            "source": cell.splitlines(keepends=True),
            "outputs": [{"text": ["AutoModel.from_pretrained('a-b/o1')"]}],
        }
        for cell in cells
    ]
    return json.dumps({"cells": code, "metadata": {}, **more}, indent=1)


def test_the_line_of_a_notebook_is_its_line_in_the_file(tmp_path: Path) -> None:
    text = _notebook(
        "x = 1\nM = 'a-b/c1'", "%time y\nX.from_pretrained(M)", "!ollama pull llama3", "%env MODEL_ID=a-b/c2"
    )
    lines = text.splitlines()
    got = seen(tmp_path, "n.ipynb", text)
    assert [target for target, _, _ in got] == ["a-b/c1", "ollama:llama3", "a-b/c2"]
    for target, line, _ in got:
        assert target.removeprefix("ollama:") in lines[line - 1]


def test_a_broken_cell_does_not_hide_the_others(tmp_path: Path) -> None:
    text = _notebook(
        "def (:\nX.from_pretrained('a-b/c1')", "X.from_pretrained('a-b/c2')", "%%bash\nhf download a-b/c3"
    )
    found = {r.target: r.guessed for r in look(tmp_path, {"n.ipynb": text}).references}
    assert found == {"a-b/c1": True, "a-b/c2": False, "a-b/c3": False}


def test_other_languages_and_text_cells_are_left_out(tmp_path: Path) -> None:
    julia = _notebook("X.from_pretrained('a-b/c1')", metadata={"kernelspec": {"language": "julia"}})
    prose = json.dumps({"cells": [{"cell_type": "markdown", "source": ["X.from_pretrained('a-b/c1')"]}]})
    assert look(tmp_path, {"j.ipynb": julia, "m.ipynb": prose}).references == ()


def test_weight_files_of_the_tree_are_references(tmp_path: Path) -> None:
    files = {
        "m/a.gguf": b"GGUF", "m/model-00001-of-00002.safetensors": b"x", "m/model-00002-of-00002.safetensors": b"x",
        "m/pytorch_model.bin": b"x", "m/firmware.bin": b"x", "m/table.h5": b"x", "node_modules/b.gguf": b"x",
    }  # fmt: skip
    found = look(tmp_path, files).references
    assert [(r.target, r.kind, r.line) for r in found] == [
        ("m/a.gguf", "file", 1), ("m/model-00001-of-00002.safetensors", "file", 1), ("m/pytorch_model.bin", "file", 1),
    ]  # fmt: skip


def test_makefiles_and_justfiles(tmp_path: Path) -> None:
    make = "MODEL := a-b/c1\nrun:\n\t@vllm serve $(MODEL)\n\tollama pull llama3 # x\n"
    just = "model := 'a-b/c1'\nrun:\n  vllm serve {{model}}\n"
    assert seen(tmp_path / "1", "Makefile", make) == [("a-b/c1", 1, None), ("ollama:llama3", 4, None)]
    assert seen(tmp_path / "2", "justfile", just) == [("a-b/c1", 1, None)]


def test_helm_templates_are_read_line_by_line(tmp_path: Path) -> None:
    text = "{{- if .Values.x }}\nmodel: a-b/c1\n{{- end }}\nimage: a-b/c2\n"
    (reference,) = look(tmp_path, {"templates/x.yaml": text}).references
    assert (reference.target, reference.line, reference.guessed) == ("a-b/c1", 2, True)


@pytest.mark.parametrize(
    "path", ["README.md", "docs/x.rst", "notes.txt", "x.csv", "LICENSE", "index.d.ts", "app.min.js"]
)
def test_documentation_and_generated_files_are_not_read(tmp_path: Path, path: str) -> None:
    assert targets(tmp_path, path, 'AutoModel.from_pretrained("a-b/c1")') == []
