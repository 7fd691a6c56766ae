"""The summary of a survey as one HTML page with plots: no script, nothing loaded, every text escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape

from openaudit import __version__
from openaudit.survey.summary import LEVEL_ORDER, Summary
from openaudit.survey.summary_text import relicensing

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--paper:#fff;--bar:#2f6f9f;--rest:#d9e0e8}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#9aa7b6;--paper:#14181d;--bar:#6fb1e0;--rest:#303842}}
body{margin:2rem auto;max-width:60rem;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}p,footer{color:var(--soft)}
figure{margin:0;overflow-x:auto}svg{width:100%;min-width:34rem;height:auto}
svg text{font:13px system-ui,sans-serif;fill:var(--ink)}svg .n{fill:var(--soft)}
svg .b{fill:var(--bar)}svg .r{fill:var(--rest)}
"""
_LEVEL_COLOURS = {
    "fully-open": "#1a7f4b", "open-toolchain": "#3a9b63", "open-weight": "#6bb27f", "restricted-weight": "#d8a72e",
    "research-only": "#d07f2c", "unlicensed": "#c0504d", "closed": "#7a3b3b", "undetermined": "#8a94a0",
}  # fmt: skip
_MOST_BARS = 15
_ROW, _LEFT, _WIDTH, _BAR = 26, 320, 900, 430


def summary_page(summary: Summary, title: str) -> str:
    """The page: levels, licenses, contradictions by kind and family, and how many relicense their base."""
    style = b64encode(sha256(_STYLE.encode()).digest()).decode()
    levels = [(name, summary.levels[name]) for name in LEVEL_ORDER if summary.levels[name]]
    levels += [(name, count) for name, count in summary.levels.items() if name not in LEVEL_ORDER]
    families = [
        (name, summary.contradicted_families[name], summary.families[name])
        for name, _ in summary.contradicted_families.most_common(_MOST_BARS)
    ]
    known = summary.of_known_license
    sections = [
        _section("Levels", "How open the models are.", _bars(levels, summary.audited, _LEVEL_COLOURS)),
        _section(
            "Licenses",
            "What binds the weights in the end.",
            _bars(summary.licenses.most_common(_MOST_BARS), summary.audited),
        ),
        _section(
            "Contradictions by kind",
            f"{summary.contradicted:,} models contradict themselves or their base.",
            _bars(summary.conflicts.most_common(_MOST_BARS), summary.audited),
        ),
        _section(
            "Contradictions by family",
            "Of the models of each family, how many hold a contradiction.",
            _shares(families),
        ),
        _section(
            "Relicensing",
            relicensing(summary),
            _shares(
                [
                    ("declare another license than their base", summary.relicensed, known),
                    ("declare a more permissive one", summary.more_permissive, known),
                ]
            )
            if known
            else "",
        ),
        _section("Not read", "", _bars(summary.unread.most_common(), summary.rows)) if summary.unread else "",
    ]
    head = (
        f"{summary.rows:,} models, {summary.audited:,} audited; {summary.mean_coverage:.0%} of the evidence that counts "
        "was seen on average."
    )
    rules = ", ".join(summary.rules_versions)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}: survey</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{escape(head)}</p>
{"".join(sections)}
</main>
<footer><p>openaudit {escape(__version__)}, rules {escape(rules)}. An automated reading of public metadata: no legal advice.</p></footer>
</body>
</html>
"""


def _section(title: str, says: str, plot: str) -> str:
    text = f"<p>{escape(says)}</p>\n" if says else ""
    return f"<section>\n<h2>{escape(title)}</h2>\n{text}{plot}</section>\n"


def _bars(rows: Sequence[tuple[str, int]], of: int, colours: dict[str, str] | None = None) -> str:
    """A bar for each count, the longest as wide as there is room."""
    most = max((count for _, count in rows), default=0)
    made = []
    for i, (name, count) in enumerate(rows):
        width = _BAR * count / most if most else 0
        colour = (colours or {}).get(name)
        fill = f' fill="{colour}"' if colour else ' class="b"'
        made.append(_row(i, name, f'<rect x="{_LEFT}" y="{i * _ROW + 4}" width="{width:.1f}" height="18" rx="3"{fill}/>',
                         width, f"{count:,} ({count / of if of else 0:.1%})"))  # fmt: skip
    return _figure(made, f"{len(rows)} counts")


def _shares(rows: Sequence[tuple[str, int, int]]) -> str:
    """A full bar for each whole, with the part of it that counts."""
    made = []
    for i, (name, part, whole) in enumerate(rows):
        width = _BAR * part / whole if whole else 0
        bars = (
            f'<rect x="{_LEFT}" y="{i * _ROW + 4}" width="{_BAR}" height="18" rx="3" class="r"/>'
            f'<rect x="{_LEFT}" y="{i * _ROW + 4}" width="{width:.1f}" height="18" rx="3" class="b"/>'
        )
        made.append(_row(i, name, bars, _BAR, f"{part:,} of {whole:,} ({part / whole if whole else 0:.1%})"))
    return _figure(made, f"{len(rows)} shares")


def _row(i: int, name: str, bar: str, width: float, says: str) -> str:
    label = escape(name if len(name) <= 40 else name[:39] + "…")
    y = i * _ROW + 18
    return (
        f'<text x="{_LEFT - 10}" y="{y}" text-anchor="end">{label}<title>{escape(name)}</title></text>{bar}'
        f'<text x="{_LEFT + width + 8:.1f}" y="{y}" class="n">{escape(says)}</text>\n'
    )


def _figure(rows: Sequence[str], label: str) -> str:
    if not rows:
        return "<p>None.</p>\n"
    height = len(rows) * _ROW
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}">\n'
        f"{''.join(rows)}</svg></figure>\n"
    )
