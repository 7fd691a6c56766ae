"""What holds for a model's training data as a whole, from the datasets that its card names.

Source: the public contract, "Components" (training data): the share that matters least open decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openaudit.engine.binding import Binding
from openaudit.vocabulary import Evidence, EvidenceSet, Grant, Snapshot, Status

_OPENNESS = (Status.OPEN, Status.RESTRICTED, Status.UNLICENSED, Status.DESCRIBED)
_BY_GRANT = {
    Grant.OPEN: Status.OPEN,
    Grant.RESTRICTED: Status.RESTRICTED,
    Grant.RESEARCH_ONLY: Status.RESTRICTED,
}


def data_status(snapshot: Snapshot, seen: EvidenceSet, published: Binding) -> tuple[Evidence, ...]:
    """One piece of `data.status` evidence: the least open status among the training datasets; none where none is named.

    A dataset of which the rules know nothing is `described`: it is named, and was not looked at, unless the card
    itself says under which license its own data is published.
    """
    own = [e for e in seen.of("data.named") if _is_own(snapshot, e)]
    if own and published.grant in _BY_GRANT:
        status = _BY_GRANT[published.grant]
        return (replace(own[0], topic="data.status", value=status.value, detail={"dataset": own[0].value}),)
    found = sorted(_statuses(seen, published), key=lambda pair: -_OPENNESS.index(pair[0]))
    if not found:
        return ()
    status, evidence = found[0]
    return (replace(evidence, topic="data.status", value=status.value, detail={"dataset": evidence.value}),)


def _is_own(snapshot: Snapshot, named: Evidence) -> bool:
    """A training set that the model's makers publish themselves: what it was mixed from no longer matters."""
    owner = snapshot.id.split("/")[0].lower()
    return (
        "/" in snapshot.id
        and named.value.lower().startswith(f"{owner}/")
        and named.detail.get("role") == "training"
        and "status" not in named.detail
    )


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
