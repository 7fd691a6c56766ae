"""The bytes of one regular file that a user names, under a ceiling."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from openaudit.errors import AccessDenied, Damaged, NotFound, TooLarge


def read_regular_file(path: Path, *, ceiling: int, kind: str, shown: str) -> bytes:
    """The bytes of `path`; `kind` and `shown` are how messages call it. Pipes and devices are not waited for.

    Raises: NotFound, AccessDenied, Damaged (no regular file), TooLarge (over `ceiling` bytes).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Damaged(f"{shown} is no regular file.")
            data = file.read(ceiling + 1)
    except FileNotFoundError:
        raise NotFound(f"There is no {kind} {shown}.", hint="Check the path.") from None
    except OSError as error:
        raise AccessDenied(f"{shown} cannot be read: {error.strerror}.") from error
    if len(data) > ceiling:
        raise TooLarge(f"{shown} is longer than the {ceiling} bytes that a {kind} may have.")
    return data
