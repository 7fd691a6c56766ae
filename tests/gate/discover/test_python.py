"""Python: calls that load, values that are followed, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.discover.trees import look, seen, targets

CALLS = [
    ('AutoModel.from_pretrained("a-b/c1")', "a-b/c1"),
    ('AutoModel.from_pretrained(pretrained_model_name_or_path="a-b/c1")', "a-b/c1"),
    ('pipeline("summarization", "a-b/c1")', "a-b/c1"),
    ('pipeline(task="x", model="a-b/c1")', "a-b/c1"),
    ('pipeline(model="a-b/c1", tokenizer="a-b/c1")', "a-b/c1"),
    ('snapshot_download("a-b/c1")', "a-b/c1"),
    ('hf_hub_download(repo_id="a-b/c1", filename="x.bin")', "a-b/c1"),
    ('HfApi().model_info("a-b/c1")', "a-b/c1"),
    ('snapshot_download("a-b/c1", repo_type="dataset")', "datasets/a-b/c1"),
    ('load_dataset("a-b/c1")', "datasets/a-b/c1"),
    ('load_dataset("squad")', "datasets/squad"),
    ('load_dataset("parquet", data_files="hf://datasets/a-b/c1/*.parquet")', "datasets/a-b/c1"),
    ('SentenceTransformer("all-MiniLM-L6-v2")', "sentence-transformers/all-MiniLM-L6-v2"),
    ('CrossEncoder("cross-encoder/ms-marco-MiniLM-L-6-v2")', "cross-encoder/ms-marco-MiniLM-L-6-v2"),
    ('LLM(model="a-b/c1")', "a-b/c1"),
    ('LLM("a-b/c1")', "a-b/c1"),
    ('StableDiffusionPipeline.from_pretrained("a-b/c1")', "a-b/c1"),
    ('pipe.load_lora_weights("a-b/c1", weight_name="x.safetensors")', "a-b/c1"),
    ('X.from_single_file("https://huggingface.co/a-b/c1/blob/main/x.safetensors")', "a-b/c1"),
    ('timm.create_model("hf_hub:a-b/c1", pretrained=True)', "a-b/c1"),
    ('timm.create_model("hf-hub:timm/resnet50.a1_in1k")', "timm/resnet50.a1_in1k"),
    (
        'timm.create_model("vit_base_patch16_224.augreg_in21k", pretrained=True)',
        "timm/vit_base_patch16_224.augreg_in21k",
    ),
    ('import spacy\nspacy.load("de_core_news_lg")', "spacy/de_core_news_lg"),
    ('PeftModel.from_pretrained(base, "a-b/c1")', "a-b/c1"),
    ('HuggingFaceEmbeddings(model_name="a-b/c1")', "a-b/c1"),
    ('HuggingFaceEndpoint(repo_id="a-b/c1")', "a-b/c1"),
    ('ChatOllama(model="llama3")', "ollama:llama3"),
    ('import ollama\nollama.chat(model="llama3", messages=[])', "ollama:llama3"),
    ('from ollama import Client\nc = Client()\nc.generate("phi4")', "ollama:phi4"),
    ('HuggingFaceEmbedding(model_name="a-b/c1")', "a-b/c1"),
    ('HuggingFaceLLM(model_name="a-b/c1")', "a-b/c1"),
    ('Settings.embed_model = resolve_embed_model("local:a-b/c1")', "a-b/c1"),
    ('completion(model="huggingface/a-b/c1")', "a-b/c1"),
    ('completion(model="ollama/llama3")', "ollama:llama3"),
    ('Router(model_list=[{"litellm_params": {"model": "ollama/llama3"}}])', "ollama:llama3"),
    ('InferenceClient("a-b/c1")', "a-b/c1"),
    ('client.chat.completions.create(model="a-b/c1")', "a-b/c1"),
    ('parser.add_argument("--model_name", default="a-b/c1")', "a-b/c1"),
    ('@click.option("--model", "-m", default="a-b/c1")\ndef main(model): pass', "a-b/c1"),
    ('def main(model: str = typer.Option("a-b/c1")): pass', "a-b/c1"),
    ('class S(BaseSettings):\n    model_name: str = Field("a-b/c1")', "a-b/c1"),
    ('class S:\n    model_name: str = field(default="a-b/c1")', "a-b/c1"),
    ('m = os.environ.get("MODEL_ID", "a-b/c1")', "a-b/c1"),
    ('m = os.getenv("LLM", "a-b/c1")', "a-b/c1"),
    ('os.environ["MODEL_ID"] = "a-b/c1"', "a-b/c1"),
    ('MODELS = ["a-b/c1"]', "a-b/c1"),
    ('MODELS = {"small": "a-b/c1"}', "a-b/c1"),
    ('WhisperModel("medium")', "Systran/faster-whisper-medium"),
    ('URL = "https://huggingface.co/a-b/c1/resolve/main/model.gguf"', "a-b/c1"),
    ('pd.read_parquet("hf://datasets/a-b/c1/x.parquet")', "datasets/a-b/c1"),
]


@pytest.mark.parametrize(("code", "target"), CALLS, ids=[code[:60] for code, _ in CALLS])
def test_calls_and_names_that_refer_to_a_model(tmp_path: Path, code: str, target: str) -> None:
    assert set(targets(tmp_path, "app.py", code)) == {target}


FOLLOWED = [
    ('M = "a-b/c1"\nAutoModel.from_pretrained(M)', 1),
    ('name = "a-b/c1"\n\ndef f():\n    return X.from_pretrained(name)', 1),
    ('def f(x="a-b/c1"):\n    X.from_pretrained(x)', 1),
    ('def f(x):\n    X.from_pretrained(x)\n\nf("a-b/c1")', 4),
    ('class A:\n    def __init__(self, x):\n        self.x = x\n\n    def go(self):\n        X.from_pretrained(self.x)\n\nA("a-b/c1")', 8),
    ('for x in ["a-b/c1"]:\n    X.from_pretrained(x)', 1),
    ('for k, x in {"k": "a-b/c1"}.items():\n    X.from_pretrained(x)', 1),
    ('T = {"s": "a-b/c1"}\nX.from_pretrained(T[size])', 1),
    ('class E(Enum):\n    S = "a-b/c1"\n\nX.from_pretrained(E.S.value)', 2),
    ('x = "a-b/c1" if small else None\nX.from_pretrained(x)', 1),
    ('x = given or "a-b/c1"\nX.from_pretrained(x)', 1),
    ('[X.from_pretrained(x) for x in ("a-b/c1",)]', 1),
    ('if (x := "a-b/c1"):\n    X.from_pretrained(x)', 1),
    ('p.add_argument("--thing", default="a-b/c1")\nX.from_pretrained(args.thing)', 1),
]  # fmt: skip


@pytest.mark.parametrize(("code", "line"), FOLLOWED, ids=range(len(FOLLOWED)))
def test_the_line_is_where_the_name_is_written(tmp_path: Path, code: str, line: int) -> None:
    assert seen(tmp_path, "app.py", code) == [("a-b/c1", line, None)]


COMPOSED = [
    'ORG = "a-b"\nX.from_pretrained(f"{ORG}/c1")',
    'ORG = "a-b"\nX.from_pretrained(ORG + "/c1")',
    'X.from_pretrained("a-b/%s" % "c1")',
    'X.from_pretrained("a-b/{}".format("c1"))',
]


@pytest.mark.parametrize("code", COMPOSED)
def test_an_id_put_together_from_parts_is_marked_guessed(tmp_path: Path, code: str) -> None:
    (reference,) = look(tmp_path, {"app.py": code}).references
    assert (reference.target, reference.guessed) == ("a-b/c1", True)


def test_revisions_are_followed_like_names(tmp_path: Path) -> None:
    code = (
        'R = "abc123"\nX.from_pretrained("a-b/c1", revision=R)\nX.from_pretrained("a-b/c2", revision=unknown)'
    )
    assert seen(tmp_path, "app.py", code) == [("a-b/c1", 2, "abc123"), ("a-b/c2", 3, None)]


def test_a_revision_that_can_be_several_is_not_said(tmp_path: Path) -> None:
    code = 'def f(r="v1"):\n    X.from_pretrained("a-b/c1", revision=r)\n\nf("v2")'
    assert seen(tmp_path, "app.py", code) == [("a-b/c1", 2, None)]


def test_constants_of_other_modules_are_followed(tmp_path: Path) -> None:
    files = {
        "src/app/settings.py": 'NAME = "a-b/c1"\nREV = "v1"\n\nclass S:\n    encoder_name = "gpt2"\n\ns = S()\n',
        "src/app/use.py": "from app.settings import NAME, REV\nX.from_pretrained(NAME, revision=REV)\n",
        "src/app/near.py": "from . import settings\nX.from_pretrained(settings.NAME)\n",
        "src/app/field.py": "from .settings import s\nX.from_pretrained(s.encoder_name)\n",
    }
    got = [(r.target, r.path, r.line, r.revision) for r in look(tmp_path, files).references]
    assert got == [("a-b/c1", "src/app/settings.py", 1, "v1"), ("gpt2", "src/app/settings.py", 5, None)]


LEFT_ALONE = [
    '"""AutoModel.from_pretrained("a-b/c1")"""',
    '# AutoModel.from_pretrained("a-b/c1")',
    'def f():\n    """Load "a-b/c1"."""\n    model = None',
    'model.push_to_hub("a-b/c1")',
    'create_repo(repo_id="a-b/c1")',
    'upload_folder(repo_id="a-b/c1", folder_path=".")',
    'MODEL_ID = "a-b/c1"\nmodel.push_to_hub(MODEL_ID)',
    'TrainingArguments(hub_model_id="a-b/c1")',
    'snapshot_download("a-b/c1", repo_type="space")',
    'torch.hub.load("pytorch/vision", "resnet50")',
    'import torch\ntorch.hub.load("a-b/c1", "x")',
    'from modelscope import AutoModel\nAutoModel.from_pretrained("a-b/c1")',
    'model = "openai/gpt-4o"',
    'if model_name == "a-b/c1": pass',
    'patch("transformers.AutoModel.from_pretrained", return_value="a-b/c1")',
    'X.from_pretrained("./models/c1")',
    'X.from_pretrained("output/c1")',
    'X.from_pretrained(path)',
    'content_type = "text/plain"\nmodel = Model(type="text/plain")',
    'raise ValueError("use model a-b/c1")',
    'load_dataset("csv", data_files="a.csv")',
    'MODEL_DIMENSIONS = {"a-b/c1": 768}',
    'print("see https://huggingface.co/a-b/c1 for more")',
    'subprocess.run(["git", "clone", "https://github.com/a-b/c1"])',
]  # fmt: skip


@pytest.mark.parametrize("code", LEFT_ALONE)
def test_what_loads_no_model_is_left_alone(tmp_path: Path, code: str) -> None:
    assert targets(tmp_path, "app.py", code) == []


def test_in_tests_only_calls_that_load_count(tmp_path: Path) -> None:
    code = 'MODEL_NAME = "a-b/c1"\ncheck(model="a-b/c2")\nAutoModel.from_pretrained("a-b/c3")\n'
    assert targets(tmp_path, "tests/test_x.py", code) == ["a-b/c3"]


def test_code_that_does_not_parse_is_read_by_pattern_and_marked(tmp_path: Path) -> None:
    code = 'print "loading"\nm = AutoModel.from_pretrained("a-b/c1")\n# from_pretrained("a-b/c2")\nMODEL = "a-b/c3"\n'
    found = look(tmp_path, {"old.py": code}).references
    assert [(r.target, r.line, r.guessed) for r in found] == [("a-b/c1", 2, True), ("a-b/c3", 4, True)]


def test_a_literal_that_is_named_and_loaded_is_one_reference(tmp_path: Path) -> None:
    code = 'MODEL_ID = "a-b/c1"\nA.from_pretrained(MODEL_ID)\nB.from_pretrained(MODEL_ID)\n'
    (reference,) = look(tmp_path, {"app.py": code}).references
    assert reference.how == "A.from_pretrained"
    assert reference.column == 12


def test_quotes_inside_strings_hide_nothing(tmp_path: Path) -> None:
    code = 'A = "\'\'\'"\nAutoModel.from_pretrained("a-b/c1")\nB = "\'\'\'"  # don\'t """\nM = f("a-b/c2", model="a-b/c2")\nC = \'"""\'\n'
    assert targets(tmp_path, "app.py", code) == ["a-b/c1", "a-b/c2"]
