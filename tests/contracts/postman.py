"""What every Postman promises; subclass it and give it a `postman` and a `box` that shows what it sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import pytest

from domain.errors import NotSent
from domain.messages import Letter
from domain.ports import Postman

LETTER = Letter(subject="Kapear: watching", body="Kapear is watching.\n.\nQUIT\nKapear កំពុងតាមដាន។\n")


class Box(Protocol):
    """Where a postman's letters end."""

    refuses: bool

    def letters(self) -> list[Letter]:
        """Return what arrived."""


@dataclass
class FakePostman:
    """Keeps letters, or refuses them with a code."""

    refuses: bool = False
    code: str = "timeout"
    refused_recipients: int = 0
    sent: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> int:
        if self.refuses:
            raise NotSent(self.code)
        self.sent.append(letter)
        return self.refused_recipients

    def letters(self) -> list[Letter]:
        return self.sent


class PostmanContract:
    """The suite."""

    async def test_a_letter_arrives_as_it_was_written(self, postman: Postman, box: Box) -> None:
        assert await postman.send(LETTER) == 0
        assert box.letters() == [LETTER]

    async def test_letters_arrive_one_by_one(self, postman: Postman, box: Box) -> None:
        for _ in range(3):
            await postman.send(LETTER)
        assert box.letters() == [LETTER] * 3

    async def test_a_letter_that_is_not_taken_is_told_by_a_code(self, postman: Postman, box: Box) -> None:
        box.refuses = True
        with pytest.raises(NotSent) as caught:
            await postman.send(LETTER)
        assert caught.value.code.replace("_", "").isalnum()
        assert box.letters() == []
        box.refuses = False
        await postman.send(LETTER)
        assert box.letters() == [LETTER]
