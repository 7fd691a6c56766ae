"""Publish the fine-tuned adapter. What is written to the Hub is not what the service uses."""

from peft import PeftModel
from transformers import AutoModelForSequenceClassification

ADAPTER_REPO_ID = "acme-labs/chat-service-lora-v2"


def publish(token):
    base = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
    model = PeftModel.from_pretrained(base, "acme-labs/intent-lora-v1")
    model.push_to_hub(ADAPTER_REPO_ID, token=token)
