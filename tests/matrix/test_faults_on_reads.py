"""Every kind of fault on every reading tool, through the protocol, over HTTP.

A tool answers as without the fault, or says in its answer what could not be read, or gives a typed error. What holds
of every answer (no traceback, no `internal`, no secret, a hint with each error) is checked in `questions.ask`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from nexla_mcp.sandbox.faults import KINDS
from nexla_mcp.sandbox.serving import RunningSandbox
from tests.matrix.questions import QUESTIONS, SHORT_DEADLINE, Question, Told, ask

pytestmark = [pytest.mark.anyio, pytest.mark.long]

Fault = Mapping[str, Any]

A_DAY = 86_400
UNREADABLE = frozenset({"unreadable_answer"})
# Cuts of several requests side by side may open the breaker, which then answers for the platform.
CUT = frozenset({"unreachable", "upstream_error"})
DOWN = frozenset({"upstream_error"})


@dataclass(frozen=True)
class Case:
    """A fault and the error codes that a tool may end with when every read meets it."""

    fault: Fault
    codes: frozenset[str] = field(default_factory=frozenset)
    deadline: float = 60.0


def status(number: int, *codes: str, **fields: Any) -> Case:
    return Case({"kind": "status", "status": number, **fields}, frozenset(codes))


PASSING: dict[str, Case] = {
    "429": status(429, "rate_limited"),
    "429 with seconds": status(429, "rate_limited", retry_after=7),
    "429 with a date": status(429, "rate_limited", retry_after_date_seconds=7),
    "429 with nonsense": status(429, "rate_limited", retry_after="soon"),
    "429 for a day": status(429, "rate_limited", retry_after=A_DAY),
    "502": status(502, "upstream_error", body="html"),
    "503": status(503, "upstream_error", body="message"),
    "504": status(504, "upstream_error", body="empty"),
    "503 with the work done": status(503, "upstream_error", work=True),
    "reset before": Case({"kind": "reset_before"}, CUT),
    "closed before": Case({"kind": "reset_before", "how": "close"}, CUT),
    "reset after": Case({"kind": "reset_after"}, CUT),
    "closed after": Case({"kind": "reset_after", "how": "close"}, CUT),
    "late": Case({"kind": "late"}, CUT),
    "silence, then closed": Case({"kind": "hang", "ms": 20}, CUT),
    "truncated": Case({"kind": "truncated"}, CUT),
}
"""Twice, and nobody notices; for ever, and it is the error."""

LASTING: dict[str, Case] = {
    "400": status(400, "bad_input"),
    "401": status(401, "auth_failed", body="empty"),
    "403": status(403, "forbidden"),
    "404": status(404, "not_found"),
    "409": status(409, "conflict"),
    "500": status(500, "upstream_error"),
    "501": status(501, "unsupported"),
    "expired tokens": Case({"kind": "expired_token"}, frozenset({"auth_failed"})),
    "redirect": Case({"kind": "redirect"}, DOWN),
    "hang": Case({"kind": "hang", "ms": 5_000}, frozenset({"timeout"}), SHORT_DEADLINE),
    "drip": Case({"kind": "drip"}, frozenset({"timeout"}), SHORT_DEADLINE),
    "html": Case({"kind": "html"}, UNREADABLE),
    "broken JSON": Case({"kind": "broken_json"}, UNREADABLE),
    "nothing": Case({"kind": "empty"}, UNREADABLE),
    "broken gzip": Case({"kind": "corrupt_gzip"}, UNREADABLE),
    "gzip bomb": Case({"kind": "gzip_bomb", "megabytes": 33}, UNREADABLE),
    "too deep": Case({"kind": "deep", "depth": 5_000}, UNREADABLE),
    "NaN": Case({"kind": "nan"}, UNREADABLE),
    "true": Case({"kind": "scalar"}, UNREADABLE),
    "a word": Case({"kind": "scalar", "value": "ok"}, UNREADABLE),
    "null": Case({"kind": "scalar", "value": None}, UNREADABLE),
    "plain text": Case({"kind": "content_type"}, UNREADABLE),
    "another status inside": Case({"kind": "inner_status"}, UNREADABLE | DOWN),
}
"""Whatever a tool asks, it is told nothing: an error of these codes, and no success at all."""

HARMLESS: dict[str, Fault] = {
    "latency": {"kind": "latency", "ms": 5},
    "gzip": {"kind": "gzip"},
    "quick drip": {"kind": "drip", "ms": 0, "chunk_bytes": 4_096},
    "ids as text": {"kind": "string_ids"},
    "few rows a page": {"kind": "per_page_cap", "per_page": 7},
    "paging ignored": {"kind": "ignore_paging"},
    "an impersonator's id": {"kind": "impersonator_id"},
    "an unknown connector": {"kind": "unknown_sink_type"},
}
"""Always, and the answer stays as it was, but for the very value that was changed."""

LOSSY: dict[str, Fault] = {
    "a bad row": {"kind": "bad_row"},
    "ids missing": {"kind": "drop_field"},
    "ids null": {"kind": "set_field"},
    "statuses missing": {"kind": "drop_field", "field": "status"},
    "statuses odd": {"kind": "set_field", "field": "status", "value": {"a": 1}},
    "names null": {"kind": "set_field", "field": "name"},
    "null for a list": {"kind": "null_in_list"},
    "a key twice": {"kind": "duplicate_keys"},
    "camel case": {"kind": "camel_case"},
    "a probe without status": {"kind": "probe_without_status"},
    "flows as an array": {"kind": "flows_as_array"},
}
"""Parts of an answer are gone; what is made of the rest differs from tool to tool."""

ONE_OF_EACH = ("whoami", "source", "flow", "good login", "healthy", "log of a run", "diagnosis")
"""Questions of which each reads another kind of thing: a fault that stays ends them all in the same way."""

asked = pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))


@pytest.fixture(scope="module")
def usual() -> dict[Question, Told]:
    """Answers without a fault, asked for once."""
    return {}


async def without_fault(question: Question, acme: RunningSandbox, usual: dict[Any, Told]) -> Told:
    key = (question.tool, repr(question.arguments))
    if key not in usual:
        usual[key] = await ask(acme, question)
        assert not usual[key].is_error, usual[key].text
    return usual[key]


def test_every_kind_of_fault_is_in_the_matrix() -> None:
    used = [case.fault for case in (*PASSING.values(), *LASTING.values())]
    assert {fault["kind"] for fault in (*used, *HARMLESS.values(), *LOSSY.values())} == set(KINDS)


@asked
@pytest.mark.parametrize("case", PASSING.values(), ids=list(PASSING))
async def test_a_passing_fault_changes_nothing(question, case, acme, usual) -> None:
    before = await without_fault(question, acme, usual)
    # Two waits of the longest length are all that one call's deadline allows.
    count = 1 if case.fault.get("retry_after") == A_DAY else 2
    told = await ask(acme, question, {**case.fault, "count": count, "method": "GET"})
    assert told.hits == count
    assert (told.is_error, told.content) == (False, before.content), told.text


@pytest.mark.parametrize("question", [QUESTIONS[name] for name in ONE_OF_EACH], ids=ONE_OF_EACH)
@pytest.mark.parametrize("case", [*PASSING.values(), *LASTING.values()], ids=[*PASSING, *LASTING])
async def test_a_fault_that_stays_is_the_error(question, case, acme) -> None:
    told = await ask(acme, question, {**case.fault, "count": None, "method": "GET"}, deadline=case.deadline)
    assert told.is_error, told.text
    assert told.code in case.codes, told.text
    assert told.slept <= 300


@asked
@pytest.mark.parametrize("fault", HARMLESS.values(), ids=list(HARMLESS))
async def test_a_harmless_oddity_is_read(question, fault, acme, usual) -> None:
    before = await without_fault(question, acme, usual)
    told = await ask(acme, question, {**fault, "count": None, "method": "GET"})
    assert not told.is_error, told.text
    if fault["kind"] == "unknown_sink_type":
        assert str(before.content).replace("'snowflake'", "'quantum_lake'") == str(told.content).replace(
            "'snowflake'", "'quantum_lake'"
        )
    elif fault["kind"] != "impersonator_id":
        assert told.content == before.content


@asked
@pytest.mark.parametrize("fault", LOSSY.values(), ids=list(LOSSY))
async def test_a_lossy_answer_ends_well(question, fault, acme, usual) -> None:
    before = await without_fault(question, acme, usual)
    told = await ask(acme, question, {**fault, "count": None, "method": "GET"})
    if told.is_error:
        assert told.code in UNREADABLE | DOWN | {"forbidden"}, told.text
    elif fault["kind"] in {"bad_row", "drop_field", "set_field"}:
        _nothing_is_better_than_before(told, before)


BROKEN: dict[str, Case] = {
    "500": LASTING["500"],
    "403": LASTING["403"],
    "nothing": LASTING["nothing"],
}
SPARE = {
    "/data_flows/{resource_type}/{resource_id}/metrics",
    "/flows/{flow_id}/logs",
}
"""Routes with a second way to the same facts: an answer as usual is right."""


@asked
@pytest.mark.parametrize("case", BROKEN.values(), ids=list(BROKEN))
async def test_what_one_broken_route_hides_is_named(question, case, acme, usual) -> None:
    """Each route that the tool reads, one after the other; the others work."""
    before = await without_fault(question, acme, usual)
    for method, route in sorted(set(before.asked) - {("POST", "/token")}):
        told = await ask(acme, question, {**case.fault, "count": None, "method": method, "route": route})
        assert told.hits, route
        if told.is_error:
            assert told.code in case.codes | {"forbidden"}, (route, told.text)
        elif told.content == before.content:
            assert route in SPARE, (route, told.text)
        else:
            assert told.admits(before) or _says_so_itself(told, before), (route, told.text)
            _nothing_is_better_than_before(told, before)


@pytest.mark.parametrize("case", [*PASSING.values(), *LASTING.values()], ids=[*PASSING, *LASTING])
@pytest.mark.parametrize("count", [2, None], ids=["passing", "lasting"])
async def test_logging_in(case, count, acme, usual) -> None:
    """The same for the token: one tool that reads one thing stands for all, which share the login."""
    question = QUESTIONS["source"]
    before = await without_fault(question, acme, usual)
    if count is not None and case.fault.get("retry_after") == A_DAY:
        count = 1
    fault = {**case.fault, "count": count, "method": "POST", "route": "/token"}
    told = await ask(acme, question, fault, deadline=case.deadline)
    if count is not None and case in PASSING.values():
        assert told.content == before.content, told.text
    elif told.is_error:
        assert told.code in case.codes | {"auth_failed", "timeout"}, told.text
    else:
        assert told.content == before.content, told.text


async def test_a_refused_login_is_not_asked_for_again_and_again(acme) -> None:
    fault = {"kind": "status", "status": 401, "body": "empty", "count": None, "route": "/token"}
    told = await ask(acme, QUESTIONS["source"], fault)
    assert told.code == "auth_failed"
    assert told.hits == 1


async def test_describing_a_connector_asks_nobody(acme) -> None:
    told = await ask(acme, Question("describe_connector", {"connector": "s3"}), {"kind": "hang", "count": None})
    assert (told.is_error, told.hits, told.asked) == (False, 0, ())


def _says_so_itself(told: Told, before: Told) -> bool:
    """A probe has a state of its own for not knowing, a checked flow names its own gaps."""
    if "state" in told.structured:
        return told.structured["state"] == "unclear"
    gaps = {gap for flow in told.structured.get("flows", ()) for gap in flow.get("not_checked", ())}
    usual = {gap for flow in before.structured.get("flows", ()) for gap in flow.get("not_checked", ())}
    return bool(gaps - usual)


def _nothing_is_better_than_before(told: Told, before: Told) -> None:
    """Sick never becomes well by not looking, and well is not said of what was not looked at."""
    verdict, usual = told.structured.get("verdict"), before.structured.get("verdict")
    if verdict == "healthy":
        assert usual == "healthy"
        assert told.admits(before) or told.content == before.content
    assert not (told.structured.get("state") == "ok" and before.structured.get("state") != "ok")
