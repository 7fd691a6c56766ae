"""Embeddings, reranking and the corpus."""

from datasets import load_dataset
from sentence_transformers import CrossEncoder, SentenceTransformer

from app import config

MODELS = {
    "fast": "sentence-transformers/all-MiniLM-L6-v2",
    "good": "mixedbread-ai/mxbai-embed-large-v1",
}


def embedder(size="fast"):
    return SentenceTransformer(MODELS[size])


def old_embedder():
    return SentenceTransformer("paraphrase-MiniLM-L3-v2")


def reranker():
    return CrossEncoder(config.RERANKER, max_length=512)


def corpus():
    rows = load_dataset("csv", data_files="data/faq.csv")["train"]
    return rows, load_dataset("rajpurkar/squad_v2", split="train", revision="refs/convert/parquet")
