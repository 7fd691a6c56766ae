"""Settings of the service."""

import os
from dataclasses import dataclass

MAKER = "Qwen"
CHAT_MODEL = "meta-llama/Llama-3.1-8B-Instruct"
CHAT_REVISION = "0e9e39f249a16976918f6564b8830bc894c89659"
SMALL_MODEL = f"{MAKER}/Qwen2.5-1.5B-Instruct"
RERANKER = os.environ.get("RERANKER_MODEL", "BAAI/bge-reranker-v2-m3")
CONTENT_TYPE = "application/json"
TIMEZONE = "Europe/Berlin"


@dataclass
class Settings:
    embedding_model: str = "intfloat/multilingual-e5-large"
    upload_folder: str = "data/uploads"
    docker_image: str = "vllm/vllm-openai"
