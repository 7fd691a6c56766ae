"""What holds for a model's training data as a whole, from the datasets that its card names.

Source: the public contract, "Components" (training data): the share that matters least open decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openaudit.engine.binding import Binding
from openaudit.vocabulary import Evidence, EvidenceSet, Grant, Status

_OPENNESS = (Status.OPEN, Status.RESTRICTED, Status.UNLICENSED, Status.DESCRIBED)
_BY_GRANT = {Grant.OPEN: Status.OPEN, Grant.RESTRICTED: Status.RESTRICTED, Grant.RESEARCH_ONLY: Status.RESTRICTED}


def data_status(seen: EvidenceSet, published: Binding) -> tuple[Evidence, ...]:
    """One piece of `data.status` evidence: the least open status among the training datasets; none where none is named.

    A dataset of which the rules know nothing is `described`: it is named, and was not looked at, unless the card
    itself says under which license its own data is published.
    """
    found = sorted(_statuses(seen, published), key=lambda pair: -_OPENNESS.index(pair[0]))
    if not found:
        return ()
    status, evidence = found[0]
    return (replace(evidence, topic="data.status", value=status.value, detail={"dataset": evidence.value}),)


def _statuses(seen: EvidenceSet, published: Binding) -> Iterator[tuple[Status, Evidence]]:
    named = [e for e in seen.of("data.named") if e.detail.get("role") in ("training", "source")]
    corpora = [e for e in seen.of("data.corpus") if e.detail.get("role") == "training"]
    linked = {e.detail.get("corpus") for e in named}
    for evidence in (*named, *(e for e in corpora if e.value not in linked)):
        known = evidence.detail.get("status", "")
        if known in {status.value for status in _OPENNESS}:
            yield Status(known), evidence
        elif evidence.topic == "data.named" and published.grant in _BY_GRANT:
            yield _BY_GRANT[published.grant], evidence
        elif evidence.topic == "data.named":
            yield Status.DESCRIBED, evidence
