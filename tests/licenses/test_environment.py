"""License files that every machine has: of installed packages and of Debian."""

import re

import pytest

from openaudit.licenses.matching import identify
from tests.licenses.texts import common, installed

# Package: why its file does not say what its metadata says. An entry that no longer disagrees may go.
EXPLAINED = {
    "cryptography": "the file says that either of two other files applies",
    "packaging": "the file says that either of two other files applies",
    "numpy": "the wheel's file also quotes the licenses of the libraries in the wheel",
    "tqdm": "the file says which part is MIT and which MPL, without the text of the MPL",
    "pip": "licenses of vendored packages lie beside pip's own",
    "setuptools": "licenses of vendored packages lie beside its own",
    "protobuf": "the file adds that generated code belongs to the owner of the input",
    "regex": "the file is Apache-2.0, the CNRI license is only named in the metadata",
    "hf-xet": "no difference in terms: named with a WITH or OR in the metadata",
    "ml_dtypes": "one of its files is the license of Eigen, whose code is in the wheel",
    "certifi": "the file is a notice, not the text",
}


def _ids(expression: str | None) -> set[str]:
    parts = re.findall(r"[\w.+-]+", expression or "")
    return {part.replace("-or-later", "-only") for part in parts if part not in ("AND", "OR", "WITH")}


def test_license_files_of_installed_packages_agree_with_their_metadata() -> None:
    seen, disagree = 0, []
    for package, declared, file, text in installed():
        if not declared or "_vendor" in file or "subprojects" in file:  # another project's license
            continue
        seen += 1
        found = identify(text)
        if not _ids(found.expression) & _ids(declared):
            disagree.append((package, declared, file, found.expression))
    unexplained = [row for row in disagree if row[0] not in EXPLAINED]
    if seen < 10:
        pytest.skip(f"only {seen} packages declare an expression here")
    assert not unexplained, unexplained


def test_license_files_of_installed_packages_are_recognised() -> None:
    rows = list(installed())
    if len(rows) < 30:
        pytest.skip(f"only {len(rows)} license files here")
    unknown = [(package, file) for package, _, file, text in rows if identify(text).expression is None]
    assert {package for package, _ in unknown} <= EXPLAINED.keys(), unknown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Apache-2.0", "Apache-2.0"),
        ("Artistic", "Artistic-1.0-Perl"),
        ("BSD", "BSD-3-Clause"),
        ("CC0-1.0", "CC0-1.0"),
        ("GFDL-1.2", "GFDL-1.2-only"),
        ("GFDL-1.3", "GFDL-1.3-only"),
        ("GPL-1", "GPL-1.0-only"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-3", "GPL-3.0-only"),
        ("LGPL-2", "LGPL-2.0-only"),
        ("LGPL-2.1", "LGPL-2.1-only"),
        ("LGPL-3", "LGPL-3.0-only"),
        ("MPL-1.1", "MPL-1.1"),
        ("MPL-2.0", "MPL-2.0"),
    ],
)
def test_debians_common_licenses_are_told_exactly(name: str, expected: str) -> None:
    found = identify(common(name))
    assert found.expression == expected
    assert not any(match.modified for match in found.matches)
