"""Chat completions: a large model on the server, a small one where there is no GPU."""

import torch
from langchain_ollama import ChatOllama
from transformers import AutoModelForCausalLM, AutoTokenizer

from app.config import CHAT_MODEL, CHAT_REVISION, SMALL_MODEL


def load(name=CHAT_MODEL):
    """Load a model, for example `AutoModelForCausalLM.from_pretrained("org/name")` or "tiiuae/falcon-7b"."""
    tokenizer = AutoTokenizer.from_pretrained(CHAT_MODEL, revision=CHAT_REVISION)
    model = AutoModelForCausalLM.from_pretrained(
        pretrained_model_name_or_path=CHAT_MODEL,
        revision=CHAT_REVISION,
        torch_dtype=torch.bfloat16,
    )
    return tokenizer, model


def load_small():
    # was: AutoModelForCausalLM.from_pretrained("microsoft/phi-2")
    return AutoModelForCausalLM.from_pretrained(SMALL_MODEL)


def local():
    return ChatOllama(model="llama3.2:3b", temperature=0)
