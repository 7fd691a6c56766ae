"""Stand-ins on loopback for servers that run models: they answer as vLLM, llama.cpp, Ollama and TGI document it."""

from tests.serving.answers import llamacpp, ollama, openai, tgi, vllm
from tests.serving.server import FAULTS, ModelServer

__all__ = ["FAULTS", "ModelServer", "llamacpp", "ollama", "openai", "tgi", "vllm"]
