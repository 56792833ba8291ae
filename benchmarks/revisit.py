"""
Simulate when posts are seen: the policy beside even polling, an oracle, and the theoretical optimum.

    python -m benchmarks.revisit [--targets 300] [--days 21] [--seeds 3] [--charts docs]

Rates are lognormal (sigma 1.0, 1.5, 2.0; on average twelve posts a day); the budget is one visit a target and hour.
Traces: poisson (rates stay), diurnal (each target's rate follows the day, by a phase of its own), bursty (posts come
in groups of four on average, within minutes), shifting (every seven days each target draws a new rate). The oracle
knows the rate that holds at each moment, and the hour of the day; the optimum is that of theory for rates that stay.
The first two days are not counted: nothing is known yet. Delays are hours from a post to the visit that sees it, on
average.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.plots import Series, line_chart
from domain.cadence import Cadence, own_wait
from domain.pace import Pace, seen
from domain.pricing import class_of, pressure, price
from domain.rates import PRIOR_RATE
from domain.rhythm import HOURS, Rhythm

Times = NDArray[np.float64]
MEAN = PRIOR_RATE  # posts an hour
SIGMAS = (1.0, 1.5, 2.0)
POLICIES = ("even", "learned", "oracle", "optimum")
WARM_H = 48.0
PRICED_EVERY_H = 0.25
CEILING_H = 24.0
SWING = 0.9  # of a rate over the day


@dataclass(frozen=True, slots=True)
class Target:
    """What one target posts, and what an oracle knows of it."""

    posts: Times
    rate_at: Callable[[float], float]
    mean_rate: float
    rhythm: Rhythm = field(default_factory=Rhythm)


def lognormal(dice: np.random.Generator, sigma: float) -> float:
    return float(np.exp(dice.normal(-(sigma**2) / 2, sigma)) * MEAN)


def uniform(dice: np.random.Generator, rate: float, start: float, end: float) -> Times:
    return dice.uniform(start, end, dice.poisson(rate * (end - start)))


def poisson(dice: np.random.Generator, sigma: float, hours: float) -> Target:
    rate = lognormal(dice, sigma)
    return Target(np.sort(uniform(dice, rate, 0, hours)), lambda _: rate, rate)


def diurnal(dice: np.random.Generator, sigma: float, hours: float) -> Target:
    rate, phase = lognormal(dice, sigma), float(dice.uniform(0, HOURS))

    def share(hour: Times) -> Times:
        return 1 + SWING * np.cos((hour - phase) * (2 * np.pi / HOURS))

    times = uniform(dice, rate * (1 + SWING), 0, hours)
    kept = times[dice.uniform(0, 1 + SWING, len(times)) < share(times)]
    shares = share(np.arange(0.5, HOURS)) * 1e6
    return Target(np.sort(kept), lambda _: rate, rate, Rhythm(seen=tuple(shares.tolist())))


def bursty(dice: np.random.Generator, sigma: float, hours: float) -> Target:
    rate = lognormal(dice, sigma)
    starts = uniform(dice, rate / 4, 0, hours)
    times = [start + dice.exponential(0.05, dice.geometric(0.25)) for start in starts]
    posts = np.sort(np.concatenate([*times, np.zeros(0)]))
    return Target(posts[posts < hours], lambda _: rate, rate)


def shifting(dice: np.random.Generator, sigma: float, hours: float) -> Target:
    weeks = [lognormal(dice, sigma) for _ in range(math.ceil(hours / (7 * HOURS)))]
    spans = [(place * 7.0 * HOURS, min((place + 1) * 7.0 * HOURS, hours)) for place in range(len(weeks))]
    parts = [uniform(dice, rate, *span) for rate, span in zip(weeks, spans, strict=True)]
    posts = np.sort(np.concatenate(parts))
    return Target(posts, lambda at: weeks[min(int(at / (7 * HOURS)), len(weeks) - 1)], statistics.mean(weeks))


TRACES = {"poisson": poisson, "diurnal": diurnal, "bursty": bursty, "shifting": shifting}


@dataclass(slots=True)
class Simulation:
    """One policy on one trace; `longest` is the longest wait between two visits of a target."""

    targets: Sequence[Target]
    hours: float
    policy: str
    visits_per_hour: float
    delay: float = 0.0
    seen: int = 0
    visits: int = 0
    counted: int = 0  # visits after the warming up
    longest: float = 0.0
    warm: float = WARM_H

    def run(self, dice: np.random.Generator) -> float:
        """Return the mean delay."""
        count, every = len(self.targets), len(self.targets) / self.visits_per_hour
        cadence = Cadence(interval=timedelta(hours=every), ceiling=timedelta(hours=CEILING_H))
        paces = [Pace()] * count
        pressures = [self._pressure(target, paces[0], 0.0) for target in self.targets]
        classes = Counter(map(class_of, pressures))
        last, place = [0.0] * count, [0] * count
        queue = [(float(at), number) for number, at in enumerate(dice.uniform(0, every, count))]
        heapq.heapify(queue)
        luck = dice.random(1 << 16).tolist()
        priced, current = 0.0, cadence.first_price
        while queue[0][0] <= self.hours:
            now, number = queue[0]
            target, gap = self.targets[number], now - last[number]
            end = int(np.searchsorted(target.posts, now))
            new = target.posts[place[number] : end]
            self._count(now, gap, new)
            place[number], last[number] = end, now
            if self.policy == "even":
                heapq.heapreplace(queue, (now + every, number))
                continue
            if self.policy == "learned":
                paces[number] = seen(paces[number], now=now, posted=new.tolist())
            classes[class_of(pressures[number])] -= 1
            pressures[number] = self._pressure(target, paces[number], now)
            classes[class_of(pressures[number])] += 1
            if now >= priced:
                priced = now + PRICED_EVERY_H
                current = price(+classes, visits_per_hour=self.visits_per_hour, bounds=cadence.bounds)
            rhythm = target.rhythm if self.policy == "oracle" else paces[number].rhythm
            _, wait = own_wait(cadence, rhythm, current / pressures[number], now, luck[self.visits % len(luck)])
            heapq.heapreplace(queue, (now + wait, number))
        return self.delay / max(self.seen, 1)

    def _pressure(self, target: Target, pace: Pace, now: float) -> float:
        return pressure(1.0, target.rate_at(now) if self.policy == "oracle" else pace.rate.per_hour)

    def _count(self, now: float, gap: float, new: Times) -> None:
        self.visits += 1
        if now > self.warm:
            self.delay += float((now - new).sum())
            self.seen += len(new)
            self.counted += 1
            self.longest = max(self.longest, gap)


def optimum(targets: Sequence[Target], visits_per_hour: float) -> float:
    """Return the least mean delay that is possible for rates that stay."""
    rates = np.array([target.mean_rate for target in targets])
    return float(np.sqrt(rates).sum() ** 2 / (2 * visits_per_hour * rates.sum()))


def compared(trace: str, sigma: float, *, count: int, hours: float, budget: float, seeds: int) -> dict[str, object]:
    """Return the line of one trace and sigma: every policy on the same posts."""
    delays: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    spent, longest = [], 0.0
    for seed in range(seeds):
        dice = np.random.default_rng(seed)
        targets = [TRACES[trace](dice, sigma, hours) for _ in range(count)]
        delays["optimum"].append(optimum(targets, budget))
        for policy in ("even", "learned", "oracle"):
            simulation = Simulation(targets, hours, policy, budget)
            delays[policy].append(simulation.run(np.random.default_rng(seed + 1000)))
            if policy == "learned":
                spent.append(simulation.counted / (hours - WARM_H) / budget)
                longest = max(longest, simulation.longest)
    mean = {policy: statistics.mean(values) for policy, values in delays.items()}
    return {
        "figure": f"revisit: {trace}, sigma {sigma}",
        "trace": trace,
        "sigma": sigma,
        "targets": count,
        "unit": "hours",
        **{policy: round(value, 3) for policy, value in mean.items()},
        "to_oracle": round(mean["learned"] / mean["oracle"], 3),
        "to_optimum": round(mean["learned"] / mean["optimum"], 3),
        "below_even": round(1 - mean["learned"] / mean["even"], 3),
        "budget_spent": round(statistics.mean(spent), 3),
        "longest_gap": round(longest, 2),
    }


def chart(trace: str, lines: Sequence[Mapping[str, Any]]) -> str:
    """Return an SVG of the delays on one trace, a line a policy."""
    shown = POLICIES if trace == "poisson" else POLICIES[:-1]  # for other traces theory has no optimum
    series = [Series(policy, [(line["sigma"], line[policy] * 60) for line in lines]) for policy in shown]
    return line_chart(
        series, title=f"From a post to its visit: {trace}", x="how unequal targets are (sigma)", y="minutes on average"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--targets", type=int, default=300)
    options.add_argument("--days", type=float, default=21)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--visits-per-target-hour", type=float, default=1.0)
    options.add_argument("--sigmas", type=float, nargs="+", default=list(SIGMAS))
    options.add_argument("--traces", nargs="+", choices=TRACES, default=list(TRACES))
    options.add_argument("--charts", type=Path, help="A folder for an SVG of each trace.")
    chosen = options.parse_args()
    hours, budget = chosen.days * HOURS, chosen.targets * chosen.visits_per_target_hour
    for trace in chosen.traces:
        lines = []
        for sigma in chosen.sigmas:
            lines.append(compared(trace, sigma, count=chosen.targets, hours=hours, budget=budget, seeds=chosen.seeds))
            print(json.dumps(lines[-1]), flush=True)
        if chosen.charts is not None:
            (chosen.charts / f"revisit-{trace}.svg").write_text(chart(trace, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
