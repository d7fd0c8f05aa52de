"""FSRS-6 as its authors publish it, a slow loop in Python: the oracle of the schedule in the browser.

Source: https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm. That "hard" on the same day
does not lower stability is of fsrs-rs, which Anki runs; steps and the order of intervals are Anki's.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp

AGAIN, HARD, GOOD, EASY = GRADES = (1, 2, 3, 4)
LEARNING, REVIEW, RELEARNING = 1, 2, 3
# fmt: off
W = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)
# fmt: on
FACTOR = 0.9 ** (-1 / W[20]) - 1  # so that recall after `stability` days is 90%
MINUTES = {  # of (state, step): {grade: (minutes, next step)}; a grade without them goes to days
    (LEARNING, 0): {AGAIN: (1, 0), HARD: (6, 0), GOOD: (10, 1)},
    (LEARNING, 1): {AGAIN: (1, 0), HARD: (6, 1)},
    (RELEARNING, 0): {AGAIN: (10, 0), HARD: (15, 0)},
}


@dataclass(frozen=True)
class Memory:
    stability: float
    difficulty: float
    state: int
    step: int
    last: datetime
    due: datetime
    reps: int
    lapses: int


def grade(memory: Memory | None, now: datetime, given: int) -> Memory:
    if memory is None:
        stability, difficulty = W[given - 1], clamp(first_difficulty(given))
        return _placed(Memory(stability, difficulty, LEARNING, 0, now, now, 1, 0), now, given)
    days = (now.date() - memory.last.date()).days
    after = replace(
        memory,
        stability=next_stability(memory, days, given),
        difficulty=next_difficulty(memory.difficulty, given),
        last=now,
        reps=memory.reps + 1,
    )
    if memory.state != REVIEW:
        return _placed(after, now, given)
    if given == AGAIN:
        lapsed = replace(after, state=RELEARNING, step=0, lapses=memory.lapses + 1)
        return replace(lapsed, due=now + timedelta(minutes=10))
    hard, good, easy = (interval(next_stability(memory, days, other)) for other in (HARD, GOOD, EASY))
    hard = min(hard, good)
    good = max(good, hard + 1)
    easy = max(easy, good + 1)
    return replace(after, due=now + timedelta(days={HARD: hard, GOOD: good, EASY: easy}[given]))


def _placed(memory: Memory, now: datetime, given: int) -> Memory:
    if given in (steps := MINUTES[memory.state, memory.step]):
        minutes, step = steps[given]
        return replace(memory, step=step, due=now + timedelta(minutes=minutes))
    due = now + timedelta(days=interval(memory.stability))
    return replace(memory, state=REVIEW, step=0, due=due)


def interval(stability: float) -> int:
    """Days until recall is 90%, which is what stability means."""
    return min(max(1, round(stability)), 36_500)


def first_difficulty(given: int) -> float:
    return W[4] - exp(W[5] * (given - 1)) + 1


def next_difficulty(difficulty: float, given: int) -> float:
    change = -W[6] * (given - 3) * (10 - difficulty) / 9
    return clamp(W[7] * first_difficulty(EASY) + (1 - W[7]) * (difficulty + change))


def next_stability(memory: Memory, days: int, given: int) -> float:
    stability, difficulty = memory.stability, memory.difficulty
    if days == 0:
        increase = exp(W[17] * (given - 3 + W[18])) * stability ** -W[19]
        return stability * (increase if given == AGAIN else max(1, increase))
    recall = (1 + FACTOR * days / stability) ** -W[20]
    if given == AGAIN:
        forgotten = W[11] * difficulty ** -W[12] * ((stability + 1) ** W[13] - 1) * exp(W[14] * (1 - recall))
        return min(forgotten, stability / exp(W[17] * W[18]))
    increase = exp(W[8]) * (11 - difficulty) * stability ** -W[9] * (exp(W[10] * (1 - recall)) - 1)
    return stability * (1 + increase * {HARD: W[15], GOOD: 1, EASY: W[16]}[given])


def clamp(difficulty: float) -> float:
    return min(max(difficulty, 1), 10)
