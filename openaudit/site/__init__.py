"""Published scorecards: a static web site made of reports."""

from __future__ import annotations

from openaudit.site.build import Built, build_site
from openaudit.site.options import Options
from openaudit.site.reading import Broken, Rows

__all__ = ["Broken", "Built", "Options", "Rows", "build_site"]
