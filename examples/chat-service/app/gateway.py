"""Models that other servers run for us."""

from huggingface_hub import InferenceClient
from litellm import completion


def ask(question):
    messages = [{"role": "user", "content": question}]
    return completion(model="huggingface/deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", messages=messages)


def ask_openai(question):
    return completion(model="openai/gpt-4o-mini", messages=[{"role": "user", "content": question}])


def moderate(text):
    client = InferenceClient()
    return client.text_classification(text, model="KoalaAI/Text-Moderation")
