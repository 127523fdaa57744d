"""Runs plans: one step after the other, each noted before and after, and back again when one fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.plans import Act, Step, with_outputs
from nexla_mcp.operations.actions.action import Output, Work
from nexla_mcp.operations.actions.all import action_named
from nexla_mcp.operations.progress import Progress
from nexla_mcp.safety.executor import Executor
from nexla_mcp.safety.ledger import Claim, Ledger, OperationRecord, Status, StepState, unknown_operation

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_SECONDS = 1.0
"""Between two looks at an operation that another process runs."""
GRACE_SECONDS = 5.0
"""How long a step in the middle is waited for when the process ends."""


@dataclass
class _Live:
    """An operation that this process runs."""

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    done: int = 0
    total: int = 0
    what: str = "starting"
    cancelled: bool = False
    ended: bool = False
    changed: anyio.Event = field(default_factory=anyio.Event)

    def tell(self, *, done: int | None = None, what: str | None = None, ended: bool = False) -> None:
        self.done = self.done if done is None else done
        self.what = what or self.what
        self.ended = self.ended or ended
        changed, self.changed = self.changed, anyio.Event()
        changed.set()


class Runner:
    """The operations that this process runs. An operation outlives the call that started it, not the process."""

    def __init__(self, nexla: Nexla, ledger: Ledger, executor: Executor) -> None:
        self._nexla = nexla
        self._ledger = ledger
        self._executor = executor
        self._live: dict[str, _Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self, claim: Claim) -> str:
        """Begins a plan, once for each claim; a claim that exists is left as it is. Answers the operation's id.

        Raises:
            Failure: `conflict` when another live operation changes the same thing; nothing was done.
        """
        if claim.plan.resumes is not None:
            record = await self._in_thread(self._ledger.take_over, claim.plan.resumes, self._executor.id)
            self._launch(record)
            return record.id
        existing = await self._in_thread(self._ledger.claim, claim, self._executor.id)
        if existing is None:
            self._launch(await self._read(claim.id))
        return claim.id

    async def wait(self, operation: str, seconds: float | None, progress: Progress) -> OperationRecord:
        """The operation when it has ended, or as it is after `seconds`; None waits as long as it takes.

        Giving up the wait, or being cancelled in it, does not stop the operation.
        """
        with anyio.move_on_after(seconds):
            live = self._live.get(operation)
            while live is not None and not live.ended:
                await progress(live.done, live.total, live.what)
                await live.changed.wait()
            while (record := await self._read(operation)).alive:
                await self._nexla.clock.sleep(LOOK_SECONDS)
            return record
        return await self._read(operation)

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
            await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
        self._executor.close()

    def _launch(self, record: OperationRecord) -> None:
        live = _Live(total=len(record.plan.steps))
        self._live[record.id] = live
        task = asyncio.get_running_loop().create_task(self._drive(record, live))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive(self, record: OperationRecord, live: _Live) -> None:
        with live.scope:
            try:
                await self._to_its_end(record, live)
            except Failure as failure:
                # Its own file cannot be written, or somebody took it over: nothing more may be sent.
                logger.error("operation %s stopped: %s", record.id, failure.info.code.value)
            except Exception as error:
                logger.error("operation %s broke with %s", record.id, type(error).__name__, exc_info=_debugging())
        live.tell(ended=True)

    async def _to_its_end(self, record: OperationRecord, live: _Live) -> None:
        if record.status is Status.UNDOING:
            await self._undo(record.id, live)
            await self._end(record, Status.FAILED, record.error)
            return
        failed: Step | None = None
        try:
            for position, step in enumerate(record.plan.steps):
                if self._stopping:
                    return
                if live.cancelled:
                    await self._end(record, Status.CANCELLED)
                    return
                failed = step
                live.tell(done=position, what=step.says)
                await self._take(record.id, position, step, live)
        except _StepError as error:
            await self._fail(record, failed, error.info, live)
            return
        await self._end(record, Status.DONE)
        if record.plan.of is not None and record.plan.tool == "control_operation":
            await self._in_thread(self._ledger.mark_undone, record.plan.of, record.id)

    async def _take(self, operation: str, position: int, step: Step, live: _Live) -> None:
        """One step, from its note to its outcome; a step that was cut off is looked up first.

        Raises:
            _StepError: it was refused, or may have been done.
        """
        record = await self._read(operation)
        known = record.step(position)
        if known is not None and known.state is StepState.DONE:
            return
        work, action = Work(self._nexla, self._teller(live)), action_named(step.action)
        try:
            arguments = with_outputs(step.arguments, _outputs(record))
            output: Output | None = None
            if known is not None and known.state is StepState.STARTED:
                output = await action.settle(work, arguments, known.before)
            if output is None:
                before = await action.prepare(work, arguments)
                await self._in_thread(self._ledger.begin_step, operation, self._executor.id, position, step.key, before)
                output = await action.act(work, arguments, before)
        except Failure as failure:
            await self._note_failure(operation, position, step, failure.info)
            raise _StepError(failure.info) from None
        except Exception as error:
            logger.error("step %s broke with %s", step.key, type(error).__name__, exc_info=_debugging())
            info = _defect(step, error)
            await self._note_failure(operation, position, step, info)
            raise _StepError(info) from None
        await self._in_thread(
            partial(self._ledger.end_step, operation, self._executor.id, position, StepState.DONE, output=output)
        )

    async def _note_failure(self, operation: str, position: int, step: Step, info: ErrorInfo) -> None:
        if (await self._read(operation)).step(position) is None:
            await self._in_thread(self._ledger.begin_step, operation, self._executor.id, position, step.key, None)
        state = StepState.UNKNOWN if info.maybe_applied else StepState.FAILED
        await self._in_thread(partial(self._ledger.end_step, operation, self._executor.id, position, state, error=info))

    async def _fail(self, record: OperationRecord, step: Step | None, info: ErrorInfo, live: _Live) -> None:
        """Ends a failed operation, taking its steps back unless what failed may have deleted something."""
        unclear_delete = info.maybe_applied and step is not None and step.action == "delete"
        if record.plan.undo_on_failure and not unclear_delete:
            await self._end(record, Status.UNDOING, info)
            await self._undo(record.id, live)
        await self._end(record, Status.FAILED, info)

    async def _undo(self, operation: str, live: _Live) -> None:
        """Takes back every finished step that can be, the last first. One that fails does not stop the others."""
        record = await self._read(operation)
        outputs = _outputs(record)
        for position in reversed(range(len(record.plan.steps))):
            step, known = record.plan.steps[position], record.step(position)
            if known is None or known.state is not StepState.DONE or step.undo is None:
                continue
            live.tell(what=f"taking back: {step.says}")
            error = await self._act(step.undo, outputs, live)
            state = StepState.NOT_UNDONE if error else StepState.UNDONE
            await self._in_thread(
                partial(self._ledger.end_step, operation, self._executor.id, position, state, error=error)
            )

    async def _act(self, act: Act, outputs: dict[str, Any], live: _Live) -> ErrorInfo | None:
        """An act outside of a plan's order; the error it ended with."""
        work, action = Work(self._nexla, self._teller(live)), action_named(act.action)
        try:
            arguments = with_outputs(act.arguments, outputs)
            await action.act(work, arguments, await action.prepare(work, arguments))
        except Failure as failure:
            return failure.info
        return None

    async def _end(self, record: OperationRecord, status: Status, error: ErrorInfo | None = None) -> None:
        await self._in_thread(self._ledger.set_status, record.id, self._executor.id, status, error)

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
