"""How often the verdict is wrong at the boundary, and how soon it comes elsewhere; exit 1 where a bound is broken."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import median
from typing import Dict, List, Optional, Sequence

from benchmarks.laws import AT_THE_BOUNDARY, LOW_PERCENTILES, Law, independent
from benchmarks.simulation import check
from edgeprof.core.measurement import Plan
from edgeprof.core.verdict import Word

ALPHA = 0.05
JUDGED_EVERY = 10  # judging again costs as much as ten live decisions, so a share of the checks has to do
_CHUNK = 25
_TABLE_CHECKS = 200

# The boundary: 40 ms frames for up to 100 s a process are some 2,700 samples. The tables: 100 ms frames, so that the
# floors of 1, 5 and 10 s lie below the counts that the tables are about.
_BOUNDARY = Plan(max_duration_s=300.0), 40.0
_TABLES = Plan(max_duration_s=900.0), 100.0


@dataclass(frozen=True)
class Expected:
    """What independent samples at some over-budget rate ought to give: the word, how often, and after how many."""

    word: Word
    share: float
    fewest: int
    most: int


EXPECTED: Dict[float, Expected] = {
    0.0: Expected(Word.PASS, 1.0, 745, 745),
    0.002: Expected(Word.PASS, 0.95, 745, 1600),
    0.03: Expected(Word.FAIL, 1.0, 300, 600),
    0.1: Expected(Word.FAIL, 1.0, 50, 90),
    1.0: Expected(Word.FAIL, 1.0, 10, 12),
}


@dataclass
class Tally:
    words: List[Word]
    samples: List[int]  # of the last process of each check
    judged: int = 0
    disagreed: int = 0

    def share(self, word: Word) -> float:
        return self.words.count(word) / len(self.words)

    def add(self, other: Tally) -> None:
        self.words += other.words
        self.samples += other.samples
        self.judged += other.judged
        self.disagreed += other.disagreed


def tally(law: Law, plan: Plan, budget_ms: float, checks: int, seed: str) -> Tally:
    random = Random(seed)
    seen = Tally([], [])
    for number in range(checks):
        one = check(law, plan, budget_ms, random)
        seen.words.append(one.word)
        seen.samples.append(one.samples)
        if number % JUDGED_EVERY == 0:
            seen.judged += 1
            seen.disagreed += one.judged_again() is not one.word
    return seen


def level_bound(checks: int) -> float:
    """The largest share of wrong verdicts that sampling error explains."""
    return ALPHA + 3 * sqrt(ALPHA * (1 - ALPHA) / checks)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statistics", description=__doc__)
    parser.add_argument("--checks", type=int, default=2000, help="simulated checks a law")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes to spread them over")
    options = parser.parse_args(arguments)
    begin = time.perf_counter()
    rows: Dict[str, Tally] = {name: Tally([], []) for name in AT_THE_BOUNDARY}
    low: Dict[str, Tally] = {name: Tally([], []) for name in LOW_PERCENTILES}
    tables: Dict[float, Tally] = {rate: Tally([], []) for rate in EXPECTED}
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = [
            (into, pool.submit(_chunk, name, min(_CHUNK, checks - first), first))
            for name, into, checks in [
                *((name, into, options.checks) for name, into in rows.items()),
                *((name, into, min(_TABLE_CHECKS, options.checks)) for name, into in low.items()),
                *((rate, into, min(_TABLE_CHECKS, options.checks)) for rate, into in tables.items()),
            ]
            for first in range(0, checks, _CHUNK)
        ]
        for into, future in waiting:
            into.add(future.result())
    print("| over budget | checks | PASS | FAIL | INCONCLUSIVE | median samples | judged again | differ | holds |")
    print("|---|---|---|---|---|---|---|---|---|")
    held = [_print(name, seen, _level_holds(seen)) for name, seen in {**rows, **low}.items()]
    held += [
        _print(f"{rate:.1%}, independent", seen, _is_expected(seen, EXPECTED[rate])) for rate, seen in tables.items()
    ]
    print(
        f"\nwrong at the boundary: at most {level_bound(options.checks):.3f} of PASS and of FAIL;"
        f" {time.perf_counter() - begin:.0f} s with {options.jobs} jobs"
    )
    return 0 if all(held) else 1


def _chunk(name: object, checks: int, first: int) -> Tally:
    """Named, not handed over: the laws are closures, which do not travel between processes."""
    law, (plan, budget_ms) = (
        (independent(name), _TABLES)
        if isinstance(name, float)
        else ({**AT_THE_BOUNDARY, **LOW_PERCENTILES}[str(name)], _BOUNDARY)
    )
    return tally(law, plan, budget_ms, checks, seed=f"{name} {first}")


def _level_holds(seen: Tally) -> bool:
    bound = level_bound(len(seen.words))
    return seen.share(Word.PASS) <= bound and seen.share(Word.FAIL) <= bound


def _is_expected(seen: Tally, expected: Expected) -> bool:
    return seen.share(expected.word) >= expected.share and expected.fewest <= median(seen.samples) <= expected.most


def _print(name: str, seen: Tally, holds: bool) -> bool:
    holds = holds and not seen.disagreed
    shares = " | ".join(f"{seen.share(word):.3f}" for word in (Word.PASS, Word.FAIL, Word.INCONCLUSIVE))
    print(
        f"| {name} | {len(seen.words)} | {shares} | {median(seen.samples):.0f} | {seen.judged} | {seen.disagreed}"
        f" | {'yes' if holds else 'NO'} |"
    )
    return holds


if __name__ == "__main__":
    sys.exit(main())
