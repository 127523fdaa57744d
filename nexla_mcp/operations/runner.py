"""Runs plans: one step after the other, each noted before and after, and back again when one fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.markers import outputs_named, with_outputs
from nexla_mcp.domain.plans import Act, Step
from nexla_mcp.operations.actions.action import Output, Work
from nexla_mcp.operations.actions.all import DELETING, MAKING, action_named
from nexla_mcp.operations.planning.settling import settle_since
from nexla_mcp.operations.progress import Progress
from nexla_mcp.safety.executor import BEAT_SECONDS, Executor
from nexla_mcp.safety.journal import Journal, read_journal
from nexla_mcp.safety.ledger import (
    Claim,
    Ledger,
    OperationRecord,
    Status,
    StepRecord,
    StepState,
    unknown_operation,
)

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_SECONDS = 1.0
"""Between two looks at an operation that another process runs."""
GRACE_SECONDS = 5.0
"""How long a step in the middle is waited for when the process ends."""
LETTING_GO_SECONDS = 1.0
"""How long one that has been told to stop is waited for: a write whose answer hangs does not listen."""


@dataclass
class _Live:
    """An operation that this process runs."""

    executor: Executor
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    done: int = 0
    total: int = 0
    what: str = "starting"
    cancelled: bool = False
    ended: bool = False
    broke: ErrorInfo | None = None
    """Why it was left before its end, with the process alive."""
    changed: anyio.Event = field(default_factory=anyio.Event)

    def tell(self, *, done: int | None = None, what: str | None = None, ended: bool = False) -> None:
        self.done = self.done if done is None else done
        self.what = what or self.what
        self.ended = self.ended or ended
        changed, self.changed = self.changed, anyio.Event()
        changed.set()


class Runner:
    """The operations that this process runs. An operation outlives the call that started it, not the process."""

    def __init__(self, nexla: Nexla, ledger: Ledger, executors: Path) -> None:
        self._nexla = nexla
        self._ledger = ledger
        self._executors = executors
        self._live: dict[str, _Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self, claim: Claim) -> str:
        """Begins a plan, once for each claim; a claim that exists is left as it is. Answers the operation's id.

        Raises:
            Failure: `conflict` when another live operation changes the same thing; nothing was done.
        """
        # Whoever stops waiting now leaves either nothing or an operation that runs.
        with anyio.CancelScope(shield=True):
            await self._start(claim)
        return claim.plan.resumes or claim.id

    async def _start(self, claim: Claim) -> None:
        executor = await self._in_thread(Executor, self._executors, self._nexla.clock.now)
        try:
            sent = await self._in_thread(self._ledger.last_sent, claim.plan.locks)
            record = await self._in_thread(self._claimed, claim, executor.id)
        except BaseException:
            executor.close()
            raise
        if record is None:
            executor.close()
        else:
            self._launch(record, executor, sent)

    def _claimed(self, claim: Claim, executor: str) -> OperationRecord | None:
        """The operation that is ours to run now; None when the claim was made before."""
        if claim.plan.resumes is not None:
            return self._ledger.take_over(claim.plan.resumes, executor)
        return self._ledger.get(claim.id) if self._ledger.claim(claim, executor) is None else None

    async def wait(self, operation: str, seconds: float | None, progress: Progress) -> OperationRecord:
        """The operation when it has ended, or as it is after `seconds`; None waits as long as it takes.

        Giving up the wait, or being cancelled in it, does not stop the operation.

        Raises:
            Failure: this process had to leave it before its end; it is interrupted.
        """
        live = self._live.get(operation)
        with anyio.move_on_after(seconds):
            while live is not None and not live.ended:
                await progress(live.done, live.total, live.what)
                await live.changed.wait()
            while (await self._read(operation)).alive:
                await self._nexla.clock.sleep(LOOK_SECONDS)
        record = await self._read(operation)
        if record.interrupted and live is not None and live.broke is not None:
            raise Failure(live.broke)
        return record

    def cancel(self, operation: str) -> bool:
        """Stops an operation of this process before its next step; False when this process does not run it."""
        live = self._live.get(operation)
        if live is None or live.ended:
            return False
        live.cancelled = True
        return True

    async def aclose(self) -> None:
        """Stops after the steps that are being taken now. What is not finished is `interrupted` from then on."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
        for live in self._live.values():
            live.scope.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LETTING_GO_SECONDS)

    def _launch(self, record: OperationRecord, executor: Executor, sent: datetime | None) -> None:
        live = _Live(executor, total=len(record.plan.steps))
        self._live[record.id] = live
        task = asyncio.get_running_loop().create_task(self._drive(record, live, sent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive(self, record: OperationRecord, live: _Live, sent: datetime | None) -> None:
        ended = False
        try:
            with live.scope:
                async with anyio.create_task_group() as beside:
                    beside.start_soon(self._beat, live.executor)
                    ended = await self._driven(record, live, sent)
                    beside.cancel_scope.cancel()
        finally:
            live.executor.close(ended=ended)
            live.tell(ended=True)

    async def _driven(self, record: OperationRecord, live: _Live, sent: datetime | None) -> bool:
        """Whether the operation came to an end of its own."""
        try:
            if sent is not None:
                live.tell(what="waiting until it is certain what was left behind")
                await settle_since(self._nexla, sent)
            return await self._to_its_end(record, live)
        except Failure as failure:
            # Its own file cannot be written, or somebody took it over: nothing more may be sent.
            logger.error("operation %s stopped: %s", record.id, failure.info.code.value)
            live.broke = _left(record, failure.info.message)
        except Exception as error:
            logger.error("operation %s broke with %s", record.id, type(error).__name__, exc_info=_debugging())
            live.broke = _left(record, f"{type(error).__name__}, a defect of nexla-mcp.")
        return False

    async def _beat(self, executor: Executor) -> None:
        while True:
            try:
                await self._in_thread(executor.beat)
            except Failure as failure:
                logger.warning("no sign of life can be given: %s", failure.info.message)
            await anyio.sleep(BEAT_SECONDS)

    async def _to_its_end(self, record: OperationRecord, live: _Live) -> bool:
        """Whether it came there; False when the process ends before it."""
        if record.status is Status.UNDOING:
            await self._undo(record.id, live)
            await self._end(record, live, Status.FAILED, record.error)
            return True
        failed: Step | None = None
        try:
            for position, step in enumerate(record.plan.steps):
                if self._stopping:
                    return False
                if live.cancelled:
                    await self._end(record, live, Status.CANCELLED)
                    return True
                failed = step
                live.tell(done=position, what=step.says)
                await self._take(record.id, position, step, live)
        except _StepError as error:
            await self._fail(record, failed, error.info, live)
            return True
        await self._end(record, live, Status.DONE)
        return True

    async def _take(self, operation: str, position: int, step: Step, live: _Live) -> None:
        """One step, from its note to its outcome; a step that was cut off is looked up first.

        Raises:
            _StepError: it was refused, or may have been done.
            Failure: it could not be noted.
        """
        record = await self._read(operation)
        known = record.step(position)
        if known is not None and known.state is StepState.DONE:
            return
        cut_off = known is not None and known.state in {StepState.STARTED, StepState.UNKNOWN}
        work, action = self._work(operation, position, live), action_named(step.action)
        output: Output | None = None
        before: Any = None
        async with self._accounted(operation, position, step, live, unclear=cut_off):
            arguments = with_outputs(step.arguments, _outputs(record))
            if known is not None and cut_off:
                output = await action.settle(work, arguments, known.before)
            if output is None:
                before = await action.prepare(work, arguments)
        if output is None:
            await self._begin(operation, position, step, live, before)
            async with self._accounted(operation, position, step, live, unclear=cut_off and not action.makes):
                output = await action.act(work, arguments, before)
        await self._note(operation, position, live, StepState.DONE, output=output)

    @asynccontextmanager
    async def _accounted(
        self, operation: str, position: int, step: Step, live: _Live, *, unclear: bool
    ) -> AsyncIterator[None]:
        """Notes what goes wrong in the block. `unclear`: whatever it says, the step may have been done before it."""
        try:
            yield
            return
        except Failure as failure:
            info = failure.info
        except Exception as error:
            logger.error("step %s broke with %s", step.key, type(error).__name__, exc_info=_debugging())
            info = _defect(step, error)
        if unclear:
            info = info.model_copy(update={"maybe_applied": True})
        if (await self._read(operation)).step(position) is None:
            await self._begin(operation, position, step, live, None)
        state = StepState.UNKNOWN if info.maybe_applied else StepState.FAILED
        await self._note(operation, position, live, state, error=info)
        raise _StepError(info)

    async def _fail(self, record: OperationRecord, step: Step | None, info: ErrorInfo, live: _Live) -> None:
        """Ends a failed operation, taking its steps back unless what failed may have deleted something."""
        unclear_delete = info.maybe_applied and step is not None and step.action in DELETING
        if record.plan.undo_on_failure and not unclear_delete:
            await self._end(record, live, Status.UNDOING, info)
            await self._undo(record.id, live)
        await self._end(record, live, Status.FAILED, info)

    async def _undo(self, operation: str, live: _Live) -> None:
        """Takes back every step that can be, the last first. One that fails does not stop the others."""
        record = await self._read(operation)
        outputs = _outputs(record)
        for position, step in record.plan.backwards:
            known = record.step(position)
            if known is None or step.undo is None or not _to_take_back(step, known):
                continue
            if not set(outputs_named(step.undo.arguments)) <= set(outputs):
                continue
            live.tell(what=f"taking back: {step.says}")
            error = await self._act(step.undo, outputs, self._work(operation, position, live))
            state = StepState.NOT_UNDONE if error else StepState.UNDONE
            await self._note(operation, position, live, state, error=error)

    @staticmethod
    async def _act(act: Act, outputs: dict[str, Any], work: Work) -> ErrorInfo | None:
        """An act outside of a plan's order; the error it ended with."""
        action = action_named(act.action)
        try:
            arguments = with_outputs(act.arguments, outputs)
            await action.act(work, arguments, await action.prepare(work, arguments))
        except Failure as failure:
            return failure.info
        return None

    def _work(self, operation: str, position: int, live: _Live) -> Work:
        return Work(
            self._nexla,
            self._teller(live),
            Journal(self._ledger, operation, position, live.executor.id),
            partial(read_journal, self._ledger.database),
            lambda: live.cancelled,
        )

    async def _begin(self, operation: str, position: int, step: Step, live: _Live, before: Any) -> None:
        await self._in_thread(self._ledger.begin_step, operation, live.executor.id, position, step.key, before)

    async def _note(
        self,
        operation: str,
        position: int,
        live: _Live,
        state: StepState,
        *,
        output: Output | None = None,
        error: ErrorInfo | None = None,
    ) -> None:
        note = partial(self._ledger.end_step, operation, live.executor.id, position, state, output=output, error=error)
        await self._in_thread(note)

    async def _end(self, record: OperationRecord, live: _Live, status: Status, error: ErrorInfo | None = None) -> None:
        await self._in_thread(self._ledger.set_status, record.id, live.executor.id, status, error)

    async def _read(self, operation: str) -> OperationRecord:
        record = await self._in_thread(self._ledger.get, operation)
        if record is None:
            raise unknown_operation(operation)
        return record

    @staticmethod
    async def _in_thread(function: Callable[..., T], *arguments: Any) -> T:
        """Another copy may keep the file busy: the event loop must not wait for that."""
        return await anyio.to_thread.run_sync(partial(function, *arguments))

    @staticmethod
    def _teller(live: _Live) -> Callable[[str], Awaitable[None]]:
        async def tell(what: str) -> None:
            live.tell(what=what)

        return tell


class _StepError(Exception):
    """A step that did not come to its end."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__()
        self.info = info


def _to_take_back(step: Step, known: StepRecord) -> bool:
    """What was done; and what may have been, where taking it back does no harm if it was not."""
    if known.state is StepState.UNKNOWN:
        return step.action not in MAKING
    return known.state in {StepState.DONE, StepState.NOT_UNDONE}


def _left(record: OperationRecord, why: str) -> ErrorInfo:
    return ErrorInfo(
        code=ErrorCode.MAYBE_APPLIED,
        message=f"Operation {record.id} had to be left before its end: {why.rstrip('.')}. It is interrupted.",
        hint="get_operation shows how far it came; control_operation resumes or undoes it.",
        maybe_applied=True,
        next_tool="get_operation",
    )


def _outputs(record: OperationRecord) -> dict[str, Any]:
    return {step.key: step.output for step in record.steps if step.output is not None}


def _defect(step: Step, error: Exception) -> ErrorInfo:
    return ErrorInfo(
        code=ErrorCode.INTERNAL,
        message=f"The step {step.key!r} broke ({type(error).__name__}). This is a defect of nexla-mcp.",
        hint="Look at the resource before doing anything again. Please report it with the tool's name.",
        maybe_applied=True,
    )


def _debugging() -> bool:
    return logger.isEnabledFor(logging.DEBUG)
