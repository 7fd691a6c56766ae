"""`python -m tests.hub FOLDER [--port N] [--delay SECONDS] [--token T]`: serve a folder until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import threading
from pathlib import Path

from .server import FULL_TOKEN, HubServer


def main() -> None:
    """Serve, and say on standard output where."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.hub", description="A Hugging Face Hub on localhost."
    )
    parser.add_argument("folder", type=Path, help="holds models/, datasets/ and code/")
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="added to every answer")
    parser.add_argument(
        "--token", default=FULL_TOKEN, help=f"the token that opens everything; default {FULL_TOKEN}"
    )
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    with HubServer(
        options.folder, port=options.port, delay_seconds=options.delay, token=options.token
    ) as hub:
        for name, value in hub.environment.items():
            print(f"export {name}={value}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
