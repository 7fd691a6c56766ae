import { InferenceClient } from "@huggingface/inference";
import { AutoTokenizer, pipeline } from "@huggingface/transformers";
import { formatDate } from "lib/date-format";

const CHAT_MODEL = import.meta.env.VITE_CHAT_MODEL ?? "HuggingFaceTB/SmolLM3-3B";
// the old one: "Xenova/distilgpt2"
const WEIGHTS =
  "https://huggingface.co/onnx-community/Kokoro-82M-v1.0-ONNX/resolve/1939ad2a8e416c0acfeecc08a694d14ef25f2231/onnx/model.onnx";

export async function summarise(text: string) {
  const summariser = await pipeline("summarization", "Xenova/distilbart-cnn-6-6", { revision: "refs/pr/3" });
  return summariser(text);
}

export async function count(text: string) {
  const tokenizer = await AutoTokenizer.from_pretrained("Xenova/llama3-tokenizer");
  return tokenizer.encode(text).length;
}

export async function ask(question: string) {
  const client = new InferenceClient(import.meta.env.VITE_TOKEN);
  const headers = { accept: "text/event-stream", date: formatDate("2025/06/01") };
  return client.chatCompletion({ model: CHAT_MODEL, messages: [{ role: "user", content: question }] }, { headers });
}

export const weights = () => fetch(WEIGHTS);
