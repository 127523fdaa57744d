"""How a person is asked, whoever carries the question: a client that elicits, or a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.untrusted import quoted

LONGEST_NAME = 200
"""Of a name that has to be typed, in characters; whoever typed more has typed enough."""


@dataclass(frozen=True)
class Question:
    """What a person is shown. It holds nothing that the plan's digest does not cover."""

    text: str
    typed: str | None = None
    """What has to be typed to agree, the target's name; None where a yes is enough."""


class Answer(str, Enum):
    AGREED = "agreed"
    DECLINED = "declined"
    DISMISSED = "dismissed"
    """Neither yes nor no."""
    MISTYPED = "mistyped"
    LATE = "late"
    """No answer in time."""


class AskLaterError(Exception):
    """The answer can only come with the next request: the question travels back with this state."""

    def __init__(self, question: Question, state: str) -> None:
        super().__init__()
        self.question = question
        self.state = state


class Person(Protocol):
    """Somebody who can be asked about one call."""

    @property
    def state(self) -> str | None:
        """What came back together with an answer to a question of an earlier round; None in the first."""

    @property
    def described(self) -> str:
        """For the receipt: how the person was asked."""

    async def ask(self, question: Question, state: str) -> Answer:
        """Asks.

        Raises:
            AskLaterError: where question and answer travel in two requests, in the first of them.
        """


def as_typed(text: str | None) -> str:
    """A name as it is shown and typed: on one line, without what nobody can see or type."""
    return quoted(" ".join(clean_text(text or "", None).split()), LONGEST_NAME)[1:-1]


def judged(question: Question, typed: object) -> Answer:
    """What somebody who did not decline comes down to: `typed` is the text, or the yes."""
    if question.typed is None:
        return Answer.AGREED if typed is True else Answer.DECLINED
    wanted = as_typed(question.typed)
    return Answer.AGREED if wanted and isinstance(typed, str) and as_typed(typed) == wanted else Answer.MISTYPED
