"""Plans an alert to one of the operator's channels."""

from __future__ import annotations

import hashlib
import json

import anyio.to_thread

from nexla_mcp.adapter.alert_channels import channel_named
from nexla_mcp.domain.alerts import Severity
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan, Step
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.alert_text import LONGEST_TEXT, LONGEST_TITLE, presentable
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.safety.untrusted import quoted

TOOL = "send_alert"


async def plan_alert(planning: Planning, channel: str, title: str, text: str, severity: Severity) -> Plan:
    """A plan of one step that nothing takes back.

    Raises:
        Failure: `bad_input` for an unknown channel or an empty message, `not_configured` for one that cannot be used.
    """
    target = channel_named(planning.nexla.connection.alerts, channel)
    address = target.address().get_secret_value()
    known = (address, *planning.nexla.secrets.sent, planning.nexla.connection.login.get_secret_value())
    title = presentable(title, LONGEST_TITLE, known).replace("\n", " ").strip()
    shown = presentable(text, LONGEST_TEXT, known).strip()
    if not title or not shown:
        raise Failure.of(ErrorCode.BAD_INPUT, "An alert needs a title and a text. Nothing was sent.")
    arguments = {"channel": target.name, "title": title, "text": shown, "severity": severity.value}
    await anyio.to_thread.run_sync(_refuse_repeat, planning, arguments)
    notes = (f"the text was cut at {LONGEST_TEXT} characters",) if len(text) > LONGEST_TEXT else ()
    return Plan(
        tool=TOOL,
        arguments=arguments,
        principal=str(planning.principal),
        risk=Risk.WRITE,
        summary=f"Send an alert to {target.name}: {quoted(title)}.",
        steps=(
            Step(key="alert", action="send_alert", arguments=arguments, says=f"send the alert to {target.name}, once"),
        ),
        cannot_be_put_back=("the message: what is sent stays sent",),
        notes=notes,
        locks=(f"alert:{target.name}:{_digest(arguments)}",),
    )


def _digest(arguments: dict[str, str]) -> str:
    """Of the words: two different messages may go out side by side."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:16]


def _refuse_repeat(planning: Planning, arguments: dict[str, str]) -> None:
    for found in planning.ledger.interrupted():
        if found.plan.tool == TOOL and found.plan.arguments == arguments:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"This very message was cut off before: operation {found.id}. It may have been delivered. "
                "Nothing was sent now.",
                hint="Look into the channel. If it is not there, end that operation with control_operation "
                "(action='cancel') and send again.",
                next_tool="control_operation",
                maybe_applied=True,
            )
