"""What the answers to a probe mean: success only where one of the documented successes stands (trap T19)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nexla_mcp.adapter.models import AsyncAnswer, ProbeResult, ProbeState
from nexla_mcp.adapter.refused import Refused
from nexla_mcp.adapter.scrub import scrub
from nexla_mcp.domain.secrets import mask_secrets

OK = 200
FORBIDDEN = 403
_WELL = frozenset({"ok", "success", "200"})


def read_probe(data: Any) -> ProbeResult:
    """The outcome in a 2xx answer. Nothing, text or an unknown object is `unclear`, never a success."""
    if not isinstance(data, dict):
        return ProbeResult(state=ProbeState.UNCLEAR, message="The platform answered, but not with a result.")
    status = data.get("status")
    if status is not None and not _is_well(status):
        code = _code(status)
        if code is None:
            return _result(ProbeState.UNCLEAR, data, "The platform answered with a status it has not published.")
        state = ProbeState.REFUSED if 400 <= code < 500 else ProbeState.UNCLEAR  # noqa: PLR2004 - the HTTP classes
        return _result(state, data, f"The third party's answer has status {code}.")
    if status is not None or isinstance(data.get("output"), dict):
        return _result(ProbeState.OK, data, None)
    return _result(ProbeState.UNCLEAR, data, "The platform's answer has none of the published forms.")


def read_sample(data: Any) -> ProbeResult:
    """As `read_probe`; a sample also fails inside `output`, by a status code of its own (contract 5)."""
    result = read_probe(data)
    output = data.get("output") if isinstance(data, dict) else None
    code = _code(output.get("statusCode")) if isinstance(output, dict) else None
    if result.state is not ProbeState.OK or code is None or code == OK:
        return result
    return _result(ProbeState.REFUSED, data, f"The third party's answer has status {code}.")


def read_failure(refused: Refused) -> ProbeResult | None:
    """The third party's refusal in a 403, None when the platform itself refused to try.

    Only the former carries the status again inside the body: `{status: 403, message}` (contract 5).
    """
    body = refused.body
    if refused.status != FORBIDDEN or not isinstance(body, dict) or _code(body.get("status")) != FORBIDDEN:
        return None
    return _result(ProbeState.REFUSED, body, "The third party refused the credential.")


def unfinished(answer: AsyncAnswer) -> ProbeResult:
    """A probe in the background that ended badly, or has not ended yet."""
    if not answer.finished:
        return ProbeResult(
            state=ProbeState.PENDING,
            message="The platform is still trying. Ask again in a while.",
            request_id=answer.request_id,
        )
    inner = answer.result
    if isinstance(inner, dict) and _code(inner.get("status")) == FORBIDDEN:
        return _result(ProbeState.REFUSED, inner, "The third party refused the credential.")
    return _result(
        ProbeState.UNCLEAR, inner if isinstance(inner, dict) else {}, f"The platform's attempt {answer.status.lower()}."
    )


def without(secrets: Iterable[str], result: ProbeResult) -> ProbeResult:
    """The same with these struck out of what was said: a third party may name the password that it refuses."""
    return result.model_copy(update={"message": scrub(result.message, secrets)}) if result.message else result


def _result(state: ProbeState, data: dict[str, Any], otherwise: str | None) -> ProbeResult:
    said = data.get("message")
    message = scrub(said) if isinstance(said, str) and said.strip() else otherwise
    return ProbeResult(state=state, message=message, details=mask_secrets(data))


def _is_well(status: Any) -> bool:
    return not isinstance(status, bool) and str(status).strip().lower() in _WELL


def _code(status: Any) -> int | None:
    if isinstance(status, bool):
        return None
    if isinstance(status, int):
        return status
    return int(status) if isinstance(status, str) and status.isascii() and status.isdigit() else None
