"""Speech in and out."""

import argparse

import spacy
from faster_whisper import WhisperModel
from huggingface_hub import hf_hub_download
from transformers import pipeline

nlp = spacy.load("en_core_web_sm")


def transcriber():
    return WhisperModel("large-v3", device="cuda")


def speaker(task="text-to-speech", **options):
    return pipeline(task, model="suno/bark-small", **options)


def voice():
    return hf_hub_download(repo_id="hexgrad/Kokoro-82M", filename="voices/af_heart.pt", revision="main")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vad-model", default="pyannote/segmentation-3.0")
    parser.add_argument("--output-dir", default="results/audio")
    return parser.parse_args()
