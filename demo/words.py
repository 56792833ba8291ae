"""
Make up what people of an invented market town write about their things.

Ordinary posts hold no figure, no handle and no word of buying, so that no
rule about commerce can fire; each differs from every other in most of its words.
"""

from __future__ import annotations

import re
from itertools import pairwise

from demo.dice import Dice


def listed(text: str) -> tuple[str, ...]:
    """Return the phrases of a comma-separated list."""
    return tuple(text.split(","))


THINGS = listed(
    "tin lanterns,blue kites,paper boats,clay whistles,wooden tops,brass bells,woven baskets,glass marbles,"
    "rope ladders,canvas sails,willow rods,silk ribbons,copper kettles,cork floats,bamboo flutes,linen flags,"
    "stone mortars,straw hats,reed mats,iron hooks,oak stools,wax candles,pine shelves,felt slippers,shell buttons,"
    "cotton cords,leather straps,enamel cups,birch spoons,slate tiles,lace curtains,plum saplings,tea caddies,"
    "drum skins,sand timers,painted fans,fishing nets,garden rakes,feather dusters,pocket mirrors"
)
DEEDS = listed(
    "were polished,were hung,came back,were sorted,were stacked,were painted,were carried,were mended,were aired,"
    "dried slowly,were wrapped,were counted,stood waiting,were admired,were sketched,rattled softly,were shown,"
    "were oiled,were folded,swayed gently,were rinsed,were lent around,gathered dust,were tied"
)
PLACES = listed(
    "under the long roof,by the old ferry,behind the mill,beside the quay,along the west wall,in the back room,"
    "near the lower gate,on the top shelf,at the crossroads,below the clock tower,inside the boathouse,"
    "past the orchard,next to the well,around the bandstand,over the footbridge,beneath the chestnut tree,"
    "opposite the bakery,within the rope walk,outside the school hall,upon the hillside"
)
TIMES = listed(
    "early today,after the rain,before the fog lifted,while the tide was out,late in the evening,at first light,"
    "during the long lunch,as the bells rang,once the wind turned,through the cold morning,between two showers,"
    "when the square was quiet,ahead of the festival,since the last full moon,just after sunset,all afternoon"
)
PEOPLE = listed(
    "the carpenter,a retired sailor,the choir,two cousins,our neighbour,the clockmaker,a passing painter,"
    "the gardener,the whole family,a young drummer,the ferryman,the lamplighter,several schoolchildren,the weaver"
)
FEELINGS = listed(
    "smiled about it,hummed a tune,took great care,lost track of the hour,laughed out loud,nodded wisely,"
    "looked twice,shook a puzzled head,told an old tale,whistled along,fetched a ladder,brought warm soup"
)
SHAPES = (
    "{things} {deeds} {places} {times}.",
    "{times}, {people} {feelings} because {things} {deeds}.",
    "{people} found {things} {places}, and {people2} {feelings}.",
    "nobody expected {things} {places}; {people} {feelings} {times}.",
    "look {places}: {things} and {things2}, side by side {times}.",
    "{people} and {people2} {feelings} {places}.",
    "more about {things} soon; {times} {things2} {deeds}.",
)
TAGS = ("#lanterns", "#kites", "#quayside", "#workshop", "#festival", "#weather")
TITLES = ("Morning notes", "From the bench", "Seen in the window", "Harbour diary", "Small repairs", "New arrivals")


class Writer:
    """Writes texts of which no two share more than a few turns of phrase."""

    def __init__(self, dice: Dice) -> None:
        """Remember nothing yet."""
        self._dice = dice
        self._written: list[frozenset[tuple[str, str]]] = []

    def text(self, sentences: int) -> str:
        """Return a text unlike all before it."""
        while True:
            text = " ".join(self._sentence() for _ in range(sentences))
            turns = turns_of(text)
            if all(likeness(turns, earlier) < MOST_ALIKE for earlier in self._written):
                self._written.append(turns)
                return text

    def title(self) -> str:
        """Return a heading of a few words."""
        return f"{self._dice.pick(TITLES)}: {self._dice.pick(THINGS)}"

    def _sentence(self) -> str:
        things, people = self._dice.sample(THINGS, 2), self._dice.sample(PEOPLE, 2)
        sentence = self._dice.pick(SHAPES).format(
            things=things[0],
            things2=things[1],
            people=people[0],
            people2=people[1],
            deeds=self._dice.pick(DEEDS),
            places=self._dice.pick(PLACES),
            times=self._dice.pick(TIMES),
            feelings=self._dice.pick(FEELINGS),
        )
        return sentence[0].upper() + sentence[1:]


MOST_ALIKE = 0.4


def turns_of(text: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of neighbouring words."""
    return frozenset(pairwise(re.findall(r"\w+", text.lower())))


def likeness(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    """Return the share of pairs that two texts have in common (Jaccard)."""
    return len(one & other) / max(1, len(one | other))
