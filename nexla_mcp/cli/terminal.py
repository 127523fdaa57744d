"""The person at the terminal that a command was started from."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import anyio.to_thread
import typer

from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.people import Answer, Question, judged

_YES = frozenset({"y", "yes"})


def is_interactive() -> bool:
    """Whether somebody can read a question and type an answer: pipes and CI have nobody."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def person_at_terminal() -> AtTerminal | None:
    return AtTerminal() if is_interactive() else None


@dataclass(frozen=True)
class AtTerminal:
    described: str = "a person at the terminal"
    state: str | None = None

    async def ask(self, question: Question, state: str) -> Answer:
        del state
        return await anyio.to_thread.run_sync(answer_to, question)


def answer_to(question: Question) -> Answer:
    """Asks and reads one line. End of input is no answer."""
    typer.echo(f"\n{clean_text(question.text, None)}\n", err=True)
    prompt = "name (empty to decline): " if question.typed is not None else "yes or no: "
    typer.echo(prompt, err=True, nl=False)
    line = sys.stdin.readline()
    if not line:
        return Answer.DISMISSED
    word = line.strip()
    if question.typed is None:
        return judged(question, word.lower() in _YES)
    return judged(question, word) if word else Answer.DECLINED
