"""
Divide a budget of visits among targets, so that posts are seen as early as can be.

The least sum of weight times delay is had when a target is visited as often as
the root of (weight times rate), its *pressure*, says in proportion (Cho and
Garcia-Molina 2000; Sia, Cho and Cho 2007). So one number, the *price* of a
visit, decides for all: hours between visits are price over pressure, within
floor and ceiling. The price is where all visits together cost the budget. To
find it, targets need not be gone through: their pressures are counted in
classes. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

CLASSES_A_DOUBLING = 8  # a class is 9 % wide, which moves no price by more than half of that
_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The fewest and the most hours between two visits of a target."""

    floor: float
    ceiling: float

    def within(self, hours: float) -> float:
        """Return so many hours, or the bound that they pass."""
        return min(max(hours, self.floor), self.ceiling)


def pressure(weight: float, per_hour: float) -> float:
    """Return how strongly a target asks for visits: twice the pressure, twice the visits."""
    return math.sqrt(weight * per_hour)


def class_of(value: float) -> int:
    """Return the class in which a pressure is counted."""
    return round(CLASSES_A_DOUBLING * math.log2(value))


def price(classes: Mapping[int, int], *, visits_per_hour: float, bounds: Bounds) -> float:
    """
    Return the price at which targets, counted by class, together cost so many visits an hour.

    Where floors hold them below the budget, or ceilings above it, the price is
    the least, or the greatest, that changes anything.
    """
    if not classes:
        return bounds.ceiling
    pressures = [(math.exp2(place / CLASSES_A_DOUBLING), count) for place, count in classes.items()]
    low = bounds.floor * min(value for value, _ in pressures)
    high = bounds.ceiling * max(value for value, _ in pressures)
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        cost = sum((count / bounds.within(middle / value) for value, count in pressures), 0.0)
        if cost > visits_per_hour:
            low = middle
        else:
            high = middle
    return high
