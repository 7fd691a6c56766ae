#!/usr/bin/env bash
set -euo pipefail
# ollama pull codellama
VISION="${VISION_MODEL:-llava-hf/llava-1.5-7b-hf}"
ollama pull nomic-embed-text:v1.5
huggingface-cli download --local-dir /models/vision "$VISION" --include '*.safetensors'
hf download --repo-type dataset HuggingFaceH4/ultrachat_200k
git clone https://github.com/ggml-org/llama.cpp /opt/llama.cpp
git clone --branch v1.0 https://huggingface.co/speechbrain/spkrec-ecapa-voxceleb
llama-server -hf ggml-org/SmolVLM-500M-Instruct-GGUF:Q8_0 --port 8081 &
docker run -v data/cache:/cache ghcr.io/acme/worker:2024/06
