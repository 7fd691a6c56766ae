"""Small tables of made-up models for the tests of surveys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LICENSES = ("mit", "apache-2.0", "llama3", "cc-by-nc-4.0", None)
BASES = ("meta-llama/Meta-Llama-3-8B", "mistralai/Mistral-7B-v0.1", None)


def card_of(number: int) -> str | None:
    """A card: none, metadata alone, or some sections of text, by turns."""
    if number % 5 == 4:
        return None
    license_, base = LICENSES[number % len(LICENSES)], BASES[number % len(BASES)]
    front = "".join(
        f"{key}: {value}\n" for key, value in (("license", license_), ("base_model", base)) if value
    )
    head = f"---\n{front}---\n" if front else ""
    if number % 5 == 3:
        return head
    return (
        f"{head}# Model {number}\n\nThis model was trained on {number} books of English Wikipedia and GitHub.\n\n"
        f"## License\n\nReleased under the {'MIT' if number % 2 else 'Apache 2.0'} license.\n\n"
        f"## Results\n\n| set | accuracy |\n|---|---|\n| mmlu | {number % 100}.5 |\n| arc | 3.5 |\n\n"
        f"```python\nfrom transformers import AutoModel\nmodel = AutoModel.from_pretrained('org{number}/m')\n```\n"
    )


def cards_table(path: Path, rows: int, *, group: int) -> Path:
    """A table in the schema of librarian-bots/model_cards_with_metadata, with row groups of `group` rows."""
    table = pa.table(
        {
            "modelId": [f"org{n % 40}/model-{n}" for n in range(rows)],
            "author": [f"org{n % 40}" for n in range(rows)],
            "last_modified": pa.array(
                [1_700_000_000_000_000 + n for n in range(rows)], pa.timestamp("us", tz="UTC")
            ),
            "downloads": list(range(rows)),
            "likes": [n % 3 for n in range(rows)],
            "library_name": ["transformers"] * rows,
            "tags": [["safetensors", "region:us"] if n % 4 else ["region:us"] for n in range(rows)],
            "pipeline_tag": ["text-generation"] * rows,
            "createdAt": pa.array([1_700_000_000_000_000] * rows, pa.timestamp("us", tz="UTC")),
            "card": [card_of(n) for n in range(rows)],
        }
    )
    pq.write_table(table, path, row_group_size=group)
    return path


def stats_table(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A table in the schema of cfahlgren1/hub-stats, of rows that give what is different."""
    whole = [
        {
            "id": "org/model",
            "sha": "a" * 40,
            "cardData": json.dumps({"license": "mit"}),
            "siblings": [{"rfilename": "README.md"}, {"rfilename": "model.safetensors"}],
            "tags": ["safetensors", "license:mit"],
            "gated": "False",
            "private": False,
            "disabled": False,
            "downloads": 3,
            "likes": 1,
            **row,
        }
        for row in rows
    ]
    pq.write_table(pa.Table.from_pylist(whole), path)
    return path
