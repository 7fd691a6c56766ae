"""One budget for a token: targets begin while the quotas have room, and fewer at once where the Hub refuses."""

from __future__ import annotations

from openaudit.survey.budget import FIRST_AT_ONCE, Budget


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def told(left: int, seconds: int = 60, *, bucket: str = "api", quota: int = 1_000) -> dict[str, str]:
    return {
        "ratelimit": f'"{bucket}";r={left};t={seconds}',
        "ratelimit-policy": f'"fixed window";"{bucket}";q={quota};w=300',
    }


def test_nothing_waits_while_there_is_room() -> None:
    clock = Clock()
    budget = Budget(8, clock=clock, sleep=clock.sleep)
    budget.note(200, told(900))
    for _ in range(FIRST_AT_ONCE):
        budget.begin()
    assert clock.slept == []


def test_a_quota_that_is_nearly_spent_is_waited_for() -> None:
    clock = Clock()
    budget = Budget(8, clock=clock, sleep=clock.sleep)
    budget.note(200, told(20, 60))
    budget.begin()
    assert clock.slept == [61.0]
    assert budget.waited_seconds == 61.0


def test_either_bucket_can_be_the_one_that_is_spent() -> None:
    clock = Clock()
    budget = Budget(8, clock=clock, sleep=clock.sleep)
    budget.note(200, told(900, 60))
    budget.note(200, told(3, 30, bucket="resolvers", quota=5_000))
    budget.begin()
    assert clock.slept == [31.0]


def test_answers_that_overtake_one_another_count_as_the_least() -> None:
    clock = Clock()
    budget = Budget(8, clock=clock, sleep=clock.sleep)
    budget.note(200, told(2))
    budget.note(200, told(40))
    budget.begin()
    assert clock.slept == [61.0]


def test_a_refusal_halves_how_many_run_and_good_ones_raise_it() -> None:
    clock = Clock()
    budget = Budget(8, clock=clock, sleep=clock.sleep)
    budget.note(429, told(0, 10))
    assert budget.at_once == FIRST_AT_ONCE // 2
    assert budget.refusals == 1
    assert budget.pause_after_refusal() == 11.0
    clock.now += 12
    for _ in range(200):
        budget.begin()
        budget.end(went_well=True)
    assert budget.at_once == 8


def test_headers_of_others_are_no_news() -> None:
    budget = Budget(8)
    budget.note(200, {"x-ratelimit-remaining": "3"})
    budget.note(200, {"ratelimit": "nonsense"})
    budget.begin()
    assert budget.pause_after_refusal() == 0.0
