"""Sends records to a webhook, batch by batch, each noted before it goes out: none is ever sent twice by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import anyio.to_thread

from nexla_mcp.adapter.webhook_sender import Taken, require_allowed, send, webhook_of
from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.safety.journal import Entry, Journal
from nexla_mcp.safety.ledger import StepState


class SendRecords(Action):
    """Arguments: `source`, `org`, the `batches` of records, `detect_schema`, and `key` where one is given."""

    name: ClassVar[str] = "send_records"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        return await _Sending(work, arguments).output()


class _Sending:
    """One step on its way. After a crash: what was begun stays unknown, what was not begun is sent."""

    def __init__(self, work: Work, arguments: Arguments) -> None:
        if work.journal is None:
            raise TypeError("records are sent as a step of an operation only")
        self.work, self.arguments = work, arguments
        self.journal: Journal = work.journal
        self.batches: list[list[dict[str, Any]]] = arguments["batches"]
        self.entries: dict[int, Entry] = {}

    async def output(self) -> Output:
        webhook = await webhook_of(self.work.nexla, self.arguments["source"])
        await require_allowed(self.work.nexla, webhook, self.arguments["org"])
        key = self._key(webhook.key)
        self.entries = await _in_thread(self.journal.entries)
        for number, batch in enumerate(self.batches):
            known = self.entries.get(number)
            if known is not None and known.state is StepState.FAILED:
                raise self._told(known.error)
            if known is not None:
                continue
            if self.work.cancelled():
                break
            await self._note(self.journal.begin, {number: None})
            try:
                options = {"detect_schema": self.arguments["detect_schema"] and number == 0}
                taken = await send(self.work.nexla, webhook, key, batch, **options)
            except Failure as failure:
                # The first that fails ends it: the ones behind it would not fare better.
                await self._failed(number, failure.info)
                raise self._told(failure.info) from None
            await self._end(number, Entry(StepState.DONE, output=_counted(taken)))
            await self.work.tell(f"{number + 1} of {len(self.batches)} batches taken")
        if self._numbers(StepState.STARTED, StepState.UNKNOWN):
            raise self._told(None)
        return {**self._counts(), "told": self._sentence()}

    def _key(self, told: str | None) -> str:
        if self.arguments.get("key") is not None:
            return str(self.work.nexla.secrets.revealed({"key": self.arguments["key"]})["key"])
        if told is None:
            raise no_key(self.arguments["source"])
        return told

    async def _failed(self, number: int, info: ErrorInfo) -> None:
        state = StepState.UNKNOWN if info.maybe_applied else StepState.FAILED
        await self._end(number, Entry(state, error=info))

    async def _end(self, number: int, entry: Entry) -> None:
        self.entries[number] = entry
        await self._note(self.journal.end, {number: entry})

    @staticmethod
    async def _note(write: Callable[[Any], None], what: Any) -> None:
        await _in_thread(write, what)

    def _told(self, info: ErrorInfo | None) -> Failure:
        """What became of all batches, with the reason why it went no further."""
        begun = self._numbers(StepState.DONE, StepState.STARTED, StepState.UNKNOWN)
        if info is not None and not begun:
            return Failure(info.model_copy(update={"message": f"{info.message} No record was taken."}))
        message = f"{info.message} {self._sentence()}" if info is not None else self._sentence()
        return Failure(
            ErrorInfo(
                code=ErrorCode.MAYBE_APPLIED if info is None else info.code,
                message=message,
                hint="Send only the records that were not sent. Look at the newest records of the nexset for those "
                "that may have been taken.",
                resource=f"source {self.arguments['source']}",
                next_tool="get_samples",
                maybe_applied=True,
            )
        )

    def _sentence(self) -> str:
        words = [
            _range("taken", self._records(StepState.DONE)),
            _range("may have been taken", self._records(StepState.STARTED, StepState.UNKNOWN)),
            _range("not taken", self._records(StepState.FAILED)),
            _range("not sent", self._records(None)),
        ]
        counts = self._counts()
        processed = f"Nexla reports {counts['processed']:,} processed" if counts["processed"] is not None else ""
        return "; ".join([word for word in words if word] + ([processed] if processed else [])) + "."

    def _counts(self) -> Output:
        """`processed` is None when an answer did not say it."""
        told = [entry.output or {} for entry in self.entries.values() if entry.state is StepState.DONE]
        processed = [item.get("processed") for item in told]
        known = None if not told or None in processed else sum(number for number in processed if number is not None)
        nexset = next((item["nexset"] for item in told if item.get("nexset") is not None), None)
        fed = {"type": "nexset", "id": nexset} if nexset is not None else {}
        return {**fed, "batches": len(told), "processed": known}

    def _numbers(self, *states: StepState | None) -> list[int]:
        found = ((number, self.entries.get(number)) for number in range(len(self.batches)))
        return [number for number, entry in found if (entry.state if entry else None) in states]

    def _records(self, *states: StepState | None) -> list[tuple[int, int]]:
        """First and last record, counted from 1, of each batch in one of these states."""
        ends: list[int] = [0]
        for batch in self.batches:
            ends.append(ends[-1] + len(batch))
        return [(ends[number] + 1, ends[number + 1]) for number in self._numbers(*states)]


def no_key(source: int) -> Failure:
    return Failure.of(
        ErrorCode.NOT_CONFIGURED,
        f"Nexla does not tell the key of source {source}'s webhook. Nothing was sent.",
        hint='Give it by reference: key="env:VARIABLE".',
    )


def _counted(taken: Taken) -> Output:
    return {"nexset": taken.nexset, "processed": taken.processed}


def _range(word: str, records: list[tuple[int, int]]) -> str:
    """`records 1-200, 301-400 taken`, batches that follow each other as one."""
    joined: list[tuple[int, int]] = []
    for first, last in records:
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    told = ", ".join(f"{first:,}" if first == last else f"{first:,}-{last:,}" for first, last in joined)
    return f"records {told} {word}" if joined else ""


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    return await anyio.to_thread.run_sync(function, *arguments)
