"""People behind clients that can ask them: in the older era over the open connection, in the newer by a second call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio
import mcp_types as protocol
from mcp import MCPError
from mcp.server import ServerRequestContext
from pydantic import ValidationError

from nexla_mcp.safety.people import Answer, AskLaterError, Person, Question, judged

ELICIT_SECONDS = 50.0
"""How long an answer is waited for in the older era, whose clients give up on the whole call after 60 s."""
MODERN = "2026-07-28"
_KEY = "confirm"
_YES, _NAME = "agree", "name"


def person_behind(context: ServerRequestContext[Any, Any], call: protocol.CallToolRequestParams) -> Person | None:
    """Whoever the client can ask; None where it cannot, or does not say that it can."""
    capabilities = context.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return None
    if context.protocol_version == MODERN:
        return _AskedByTheNextCall(call)
    return _AskedMeanwhile(context) if context.session.can_send_request else None


def input_required(later: AskLaterError) -> protocol.InputRequiredResult:
    """The question on its way to a person, for a client of the newer era."""
    request = protocol.ElicitRequest(
        params=protocol.ElicitRequestFormParams(message=later.question.text, requested_schema=_form(later.question))
    )
    return protocol.InputRequiredResult(input_requests={_KEY: request}, request_state=later.state)


@dataclass(frozen=True)
class _AskedMeanwhile:
    context: ServerRequestContext[Any, Any]
    described: str = "a person, asked by the client"
    state: str | None = None

    async def ask(self, question: Question, state: str) -> Answer:
        del state
        try:
            with anyio.move_on_after(ELICIT_SECONDS):
                result = await self.context.session.elicit_form(
                    question.text, _form(question), related_request_id=self.context.request_id
                )
                return _answer(question, result.action, result.content)
        except (MCPError, ValidationError):
            # The client said that it can ask, and cannot, or answers with something that is no answer: nobody agreed.
            return Answer.DISMISSED
        return Answer.LATE


@dataclass(frozen=True)
class _AskedByTheNextCall:
    call: protocol.CallToolRequestParams
    described: str = "a person, asked by the client"

    @property
    def state(self) -> str | None:
        return self.call.request_state

    async def ask(self, question: Question, state: str) -> Answer:
        response = (self.call.input_responses or {}).get(_KEY)
        if self.call.request_state is None:
            raise AskLaterError(question, state)
        if not isinstance(response, protocol.ElicitResult):
            return Answer.DISMISSED
        return _answer(question, response.action, response.content)


def _form(question: Question) -> dict[str, Any]:
    if question.typed is None:
        field = {_YES: {"type": "boolean", "title": "Do it", "default": False}}
    else:
        field = {_NAME: {"type": "string", "title": "Its name", "description": "Exactly as it is written above."}}
    return {"type": "object", "properties": field, "required": list(field)}


def _answer(question: Question, action: str, content: Any) -> Answer:
    if action == "decline":
        return Answer.DECLINED
    if action != "accept" or not isinstance(content, dict):
        return Answer.DISMISSED
    return judged(question, content.get(_YES if question.typed is None else _NAME))
