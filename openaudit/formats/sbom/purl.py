"""Package URLs of models on the Hub and of code on GitHub; none where the address would be a guess.

Source: https://github.com/package-url/purl-spec, types `huggingface` and `github`.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from packageurl import PackageURL

from openaudit.formats.safe_text import web_address

_HUB = "huggingface.co"
_HUB_ID = re.compile(r"(?:([A-Za-z0-9][\w.-]{0,95})/)?([A-Za-z0-9_][\w.-]{0,95})", re.ASCII)
_GITHUB_ID = re.compile(r"github\.com/([A-Za-z0-9][\w.-]{0,99})/([\w.-]{1,100})", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


def model_purl(identifier: str, revision: str | None, url: str | None = None) -> str | None:
    """`pkg:huggingface/org/name@commit`, or None where the id is no id of the Hub.

    A revision that is no commit is left out: it may name another state tomorrow. A Hub at another address than the
    usual one stands in `repository_url`.
    """
    found = _HUB_ID.fullmatch(identifier)
    if found is None or ".." in identifier:
        return None
    address = web_address(url)
    qualifiers = {}
    if address is not None:
        parts = urlsplit(address)
        if parts.path.strip("/").casefold() != identifier.casefold():
            return None
        if parts.netloc != _HUB:
            qualifiers["repository_url"] = f"{parts.scheme}://{parts.netloc}"
    return _written("huggingface", found[1], found[2], revision, qualifiers)


def code_purl(identifier: str, revision: str | None) -> str | None:
    """`pkg:github/owner/name@commit` of `github.com/owner/name`, or None where it is no repository of GitHub."""
    found = _GITHUB_ID.fullmatch(identifier)
    return (
        None if found is None or ".." in identifier else _written("github", found[1], found[2], revision, {})
    )


def _written(
    type_: str, namespace: str | None, name: str, revision: str | None, qualifiers: dict[str, str]
) -> str:
    version = revision if revision and _COMMIT.fullmatch(revision) else None
    purl = PackageURL(
        type=type_, namespace=namespace, name=name, version=version, qualifiers=qualifiers or None
    )
    return purl.to_string()
