"""A Hub that fails in every way: each fault has its own message, within the ceilings of time and memory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

import pytest

from openaudit.errors import Damaged, RateLimited, SourceError, TimedOut, TooLarge, Unreachable
from openaudit.sources.hub import HubSource
from openaudit.sources.limits import Limits
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import Snapshot
from tests.hub import (
    Answer,
    Disconnect,
    EndlessBody,
    Fault,
    GzipBomb,
    Hang,
    HubServer,
    InMemory,
    InvalidGzip,
    LoginPage,
    LyingLength,
    MalformedJson,
    RedirectLoop,
    Reset,
    Slow,
    Status,
    TooManyRequests,
    Trickle,
    Truncated,
    WrongEncoding,
    WrongShape,
)
from tests.sources.conftest import CARD, SMALL, silent, wanted

Row = tuple[Fault, type[SourceError], str]

ON_INFO: dict[str, Row] = {
    "outage": (Status(503), Unreachable, "HTTP 503): try again later"),
    "outage with a long pause": (
        Status(503, headers={"Retry-After": "3600"}),
        Unreachable,
        "try again in 3600 seconds",
    ),
    "internal error": (Status(500), Unreachable, "HTTP 500"),
    "bad request": (Status(400, message="odd"), Unreachable, 'HTTP 400 ("odd")'),
    "teapot": (Status(418), Unreachable, "HTTP 418"),
    "rate limit": (TooManyRequests(40), RateLimited, "wait 41 seconds"),
    "rate limit, retry-after": (TooManyRequests(70, "retry-after"), RateLimited, "wait 70 seconds"),
    "rate limit, unannounced": (TooManyRequests(1, "nowhere"), RateLimited, "wait a few minutes"),
    "slow": (Slow(5.0), TimedOut, "no complete answer within 0.6 seconds"),
    "trickle": (Trickle(20.0), TimedOut, "no complete answer within 0.6 seconds"),
    "hang": (Hang(), TimedOut, "HF_ENDPOINT"),
    "hang in the body": (Hang(after_bytes=10), TimedOut, "no complete answer"),
    "truncated": (Truncated(), Damaged, "broke off"),
    "more announced than sent": (LyingLength(100), Damaged, "broke off"),
    "less announced than sent": (LyingLength(-20), Damaged, "broken JSON"),
    "reset": (Reset(), Unreachable, "closed the connection"),
    "reset in the body": (Reset(after_bytes=10), Damaged, "broke off"),
    "disconnect": (Disconnect(), Unreachable, "closed the connection"),
    "endless": (EndlessBody(), TooLarge, "more than the 200000 bytes"),
    "endless until close": (EndlessBody("until-close"), TooLarge, "more than the 200000 bytes"),
    "redirect loop": (RedirectLoop(), Damaged, "redirects in circles"),
    "login page": (LoginPage(), Damaged, "an HTML page instead of data: a login page or a proxy?"),
    "malformed": (MalformedJson(), Damaged, "broken JSON"),
    "a list": (WrongShape([1, 2]), Damaged, "JSON of another kind"),
    "null": (WrongShape(), Damaged, "JSON of another kind"),
    "no commit": (WrongShape({"id": "org/name"}), Damaged, "without the commit"),
    "siblings that are none": (
        WrongShape({"id": "org/name", "sha": "a" * 40, "siblings": 5}),
        Damaged,
        "a file list that is none",
    ),
    "a name that is none": (
        WrongShape({"id": "../..", "sha": "a" * 40, "siblings": []}),
        Damaged,
        "no valid name",
    ),
    "wrong encoding": (WrongEncoding(), Damaged, "compressed answer that is broken"),
    "unknown encoding": (WrongEncoding("br"), Damaged, "which was not asked for"),
    "invalid gzip": (InvalidGzip(), Damaged, "compressed answer"),
    "gzip bomb": (GzipBomb(50_000_000), TooLarge, "more than the 200000 bytes"),
}

ON_TEXTS: dict[str, Row] = {
    "outage": (Status(503), Unreachable, "HTTP 503"),
    "rate limit": (TooManyRequests(40), RateLimited, "wait 41 seconds"),
    "slow": (Slow(5.0), TimedOut, "no complete answer within 0.6 seconds"),
    "trickle": (Trickle(20.0), TimedOut, "no complete answer within 0.6 seconds"),
    "hang": (Hang(), TimedOut, "no complete answer"),
    "truncated": (Truncated(), Damaged, "broke off"),
    "disconnect": (Disconnect(), Unreachable, "closed the connection"),
    "redirect loop": (RedirectLoop(), Damaged, "redirects in circles"),
    "login page": (LoginPage(), Damaged, "a login page or a proxy?"),
    "wrong encoding": (WrongEncoding(), Damaged, "compressed answer that is broken"),
    "missing after all": (Status(404, error_code="EntryNotFound"), SourceError, "is listed, but"),
    "forbidden": (Status(403, message="no way"), SourceError, '("no way")'),
    "endless": (EndlessBody(), TooLarge, "longer than the 100000 bytes"),
    "gzip bomb": (GzipBomb(50_000_000), TooLarge, "longer than the 100000 bytes"),
}


@pytest.mark.parametrize("case", ON_INFO)
def test_a_target_that_cannot_be_read_says_why_and_what_to_do(
    case: str, hub: HubServer, source: HubSource
) -> None:
    fault, kind, words = ON_INFO[case]
    hub.fault("org/name", fault, on="info")
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        source.open(parse_target("org/name"))
    assert words in str(caught.value)
    assert caught.value.exit_code == 3
    assert len(str(caught.value).split()) > 6
    assert time.monotonic() - started < 1.8  # twice the ceiling, and a slow machine


@pytest.mark.parametrize("case", ON_TEXTS)
def test_a_text_that_cannot_be_read_is_unread_and_the_others_are_read(
    case: str, hub: HubServer, source: HubSource
) -> None:
    fault, kind, words = ON_TEXTS[case]
    hub.fault("org/name", fault, on="files", path="README.md")
    snapshot = source.read(source.open(parse_target("org/name")), wanted("README.md", "LICENSE"), silent)
    assert snapshot.document("LICENSE") is not None
    (item,) = snapshot.unread
    assert item.path == "README.md"
    assert words in item.message
    if kind is not SourceError:
        assert item.reason == kind.reason


@pytest.mark.parametrize(
    "fault",
    [Status(503), Status(429), Reset(), Disconnect(), Truncated(), TooManyRequests(0, "retry-after")],
    ids=str,
)
def test_a_passing_fault_is_overcome(fault: Fault, hub: HubServer, source: HubSource) -> None:
    hub.fault("org/name", fault, times=2)
    assert _card(source) == CARD


def test_a_pause_that_fits_into_the_ceiling_is_waited_for(hub: HubServer) -> None:
    hub.fault("org/name", TooManyRequests(0), on="info", times=1)  # r=0;t=0: one second, with the rounding
    source = HubSource(endpoint=hub.url, token="", limits=_with_seconds(1.9))
    started = time.monotonic()
    source.open(parse_target("org/name"))
    assert time.monotonic() - started >= 1.0


def test_an_outage_is_asked_again_as_often_as_the_limits_say(hub: HubServer, source: HubSource) -> None:
    hub.fault("org/name", Status(503))
    with pytest.raises(Unreachable):
        source.open(parse_target("org/name"))
    assert len(hub.requests) == 1 + SMALL.retries


def test_an_endpoint_that_nobody_listens_on_is_named(hub: HubServer) -> None:
    hub.close()
    with pytest.raises(Unreachable, match="Cannot connect to http://127") as caught:
        HubSource(endpoint=hub.url, token="", limits=SMALL).open(parse_target("org/name"))
    assert hub.url in str(caught.value)
    assert "HF_ENDPOINT" in str(caught.value)


def test_headers_that_trickle_are_given_up_and_the_connection_is_closed() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def trickle() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            try:
                while True:
                    connection.sendall(b"H")
                    time.sleep(0.02)
            except OSError:
                ended.set()

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    with pytest.raises(TimedOut):
        HubSource(endpoint=f"http://127.0.0.1:{port}", token="", limits=SMALL).open(parse_target("a/b"))
    assert ended.wait(1.0)
    listener.close()
    thread.join(1.0)


def test_no_worker_outlives_a_hanging_hub_for_long(hub: HubServer, source: HubSource) -> None:
    hub.fault("org/name", Hang(), on="files")
    listing = source.open(parse_target("org/name"))
    source.read(listing, wanted("README.md", "LICENSE"), silent)
    deadline = time.monotonic() + 1.0
    while any(thread.name.startswith("openaudit-") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_numbers_and_characters_that_no_report_can_hold_are_replaced(
    hub: HubServer, source: HubSource
) -> None:
    hub.add_model("org/odd", {"README.md": "x"}, api={"cardData": {"a": "\ud800", "b": float("nan")}})
    listing = source.open(parse_target("org/odd"))
    json.dumps(dict(listing.metadata), allow_nan=False, ensure_ascii=False).encode()


def test_deeply_nested_json_is_damage(hub: HubServer, source: HubSource) -> None:
    nested = b'{"id": "org/name", "cardData": ' + b"[" * 90_000 + b"]" * 90_000 + b"}"
    hub.fault("org/name", _Body(nested), on="info")
    with pytest.raises(Damaged, match="broken JSON"):
        source.open(parse_target("org/name"))
    deep = json.loads("[" * 90 + "]" * 90)
    hub.add_model("org/deep", {"README.md": "x"}, api={"cardData": deep})
    with pytest.raises(Damaged, match="nested too deeply"):
        source.open(parse_target("org/deep"))


def test_file_names_that_lead_elsewhere_are_left_out(hub: HubServer, source: HubSource) -> None:
    names = ["../../api/whoami-v2", "/etc/passwd", "a/./b", "", 7, "good.txt"]
    payload = {"id": "org/name", "sha": "a" * 40, "siblings": [{"rfilename": name} for name in names]}
    hub.fault("org/name", WrongShape(payload), on="info")
    listing = source.open(parse_target("org/name"))
    assert [entry.path for entry in listing.files] == ["good.txt"]
    assert not listing.listing_complete
    assert listing.unread[0].reason == "damaged"


MEMORY = """
import sys
from openaudit.sources.hub import HubSource
from openaudit.sources.limits import Limits
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import Wanted

source = HubSource(endpoint=sys.argv[1], token="", limits=Limits(request_seconds=5))
listing = source.open(parse_target("org/name"))
snapshot = source.read(listing, [Wanted(path=p, max_bytes=2_000_000) for p in ("README.md", "LICENSE")], print)
assert [u.reason for u in snapshot.unread] == ["too-large", "too-large"], snapshot.unread
# not ru_maxrss: a child inherits the peak of the process that it was forked from
print(next(row.split()[1] for row in open("/proc/self/status") if row.startswith("VmHWM")))
"""


def test_endless_and_exploding_texts_stay_under_200_megabytes(hub: HubServer) -> None:
    hub.fault("org/name", EndlessBody(), on="files", path="README.md")
    hub.fault("org/name", GzipBomb(), on="files", path="LICENSE")
    child = subprocess.run(
        [sys.executable, "-c", MEMORY, hub.url],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert int(child.stdout.split()[-1]) < 200 * 1024


def _card(source: HubSource) -> str:
    snapshot: Snapshot = source.read(source.open(parse_target("org/name")), wanted("README.md"), silent)
    assert snapshot.unread == ()
    return snapshot.documents[0].text


def _with_seconds(seconds: float) -> Limits:
    return replace(SMALL, request_seconds=seconds)


@dataclass(frozen=True)
class _Body:
    """Status 200 and exactly these bytes."""

    body: bytes

    def spoil(self, answer: Answer, place: object) -> Answer:
        return replace(answer, status=200, body=InMemory(self.body))
