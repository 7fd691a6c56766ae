"""Many models: tables in and out, in batches over local processes or Ray, or a list audited live."""

from __future__ import annotations

from openaudit.survey.reading import read_rows
from openaudit.survey.run import Engine, Surveyed, survey_list, survey_table

__all__ = ["Engine", "Surveyed", "read_rows", "survey_list", "survey_table"]
