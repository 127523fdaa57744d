"""Sends an alert. What was sent cannot be called back, and cannot be looked up either."""

from __future__ import annotations

from typing import Any, ClassVar

from nexla_mcp.adapter.alert_channels import channel_named, deliver
from nexla_mcp.domain.alerts import Severity
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.alert_text import body_of


class SendAlert(Action):
    """Arguments: `channel`, `title`, `text` and `severity`, the texts already presentable."""

    name: ClassVar[str] = "send_alert"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        channel = channel_named(work.nexla.connection.alerts, arguments["channel"])
        body = body_of(channel.kind, arguments["title"], arguments["text"], Severity(arguments["severity"]))
        await deliver(work.nexla.connection, channel, body)
        return {"told": f"delivered to {channel.name}"}

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del work, before
        # Nobody can be asked whether it arrived, and once more would be one too many.
        raise Failure.of(
            ErrorCode.MAYBE_APPLIED,
            f"The message to alert channel {arguments['channel']} was cut off: it may have been delivered.",
            hint="Look into the channel before sending it again.",
            resource=f"alert channel {arguments['channel']}",
            maybe_applied=True,
        )
