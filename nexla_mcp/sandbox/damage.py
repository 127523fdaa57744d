"""What an injected fault makes of a finished answer."""

from __future__ import annotations

import copy
import gzip
import json
import re
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.envelope import Answer, envelope, title

if TYPE_CHECKING:
    from nexla_mcp.sandbox.faults import Fault

_HTML = b"<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"
_MEGABYTE = 1024 * 1024


def status_answer(fault: Fault, *, now: datetime, timestamp: str, request_id: str) -> Answer:
    """The answer of a `status` fault, with Retry-After as asked: as given, or a date some seconds ahead."""
    status, message = fault["status"], fault["message"]
    headers: dict[str, str] = {}
    if fault["retry_after"] is not None:
        headers["Retry-After"] = str(fault["retry_after"])
    elif fault["retry_after_date_seconds"] is not None:
        moment = now + timedelta(seconds=fault["retry_after_date_seconds"])
        headers["Retry-After"] = format_datetime(moment, usegmt=True)
    if fault["body"] == "empty":
        return Answer(b"", status, headers)
    if fault["body"] == "html":
        return Answer(_page(title(status)), status, headers, "text/html; charset=utf-8")
    if fault["body"] == "message":
        return Answer({"message": message}, status, headers)
    body = envelope(status, message, code=fault["code"], details=None, timestamp=timestamp, request_id=request_id)
    return Answer(body, status, headers)


def damaged(answer: Answer, fault: Fault) -> Answer:
    """The answer as the fault leaves it. A fault about rows leaves an error alone."""
    return _DAMAGE[fault.kind](answer, fault)


def _page(text: str) -> bytes:
    return _HTML % (text.encode(), text.encode())


def _html(answer: Answer, _fault: Fault) -> Answer:
    return Answer(_page("Sign in"), 200, answer.headers, "text/html; charset=utf-8")


def _broken_json(answer: Answer, _fault: Fault) -> Answer:
    content = answer.content()
    return _with(answer, content[: max(1, len(content) // 2)] if len(content) > 1 else b"{")


def _empty(answer: Answer, fault: Fault) -> Answer:
    return Answer(b"", fault["status"], answer.headers, answer.content_type)


def _gzip(answer: Answer, _fault: Fault) -> Answer:
    return _encoded(answer, gzip.compress(answer.content()))


def _corrupt_gzip(answer: Answer, _fault: Fault) -> Answer:
    return _encoded(answer, b"\x1f\x8b\x08\x00 this is no deflate stream")


def _gzip_bomb(answer: Answer, fault: Fault) -> Answer:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    parts = [packer.compress(b'["')]
    parts += [packer.compress(b"0" * _MEGABYTE) for _ in range(int(fault["megabytes"]))]
    parts += [packer.compress(b'"]'), packer.flush()]
    return _encoded(answer, b"".join(parts))


def _deep(answer: Answer, fault: Fault) -> Answer:
    depth = int(fault["depth"])
    return _with(answer, b"[" * depth + b"]" * depth)


def _nan(answer: Answer, _fault: Fault) -> Answer:
    content = answer.content()
    changed = re.sub(rb'("[^"\\]+":)\d+(\.\d+)?', rb"\1NaN", content, count=1)
    return _with(answer, changed if changed != content else b'{"value":NaN}')


def _duplicate_keys(answer: Answer, _fault: Fault) -> Answer:
    if not isinstance(answer.body, dict) or not answer.body:
        return answer
    first = json.dumps(next(iter(answer.body)))
    return _with(answer, answer.content()[:-1] + f",{first}:null}}".encode())


def _scalar(answer: Answer, fault: Fault) -> Answer:
    return _with(answer, fault["value"])


def _content_type(answer: Answer, fault: Fault) -> Answer:
    return Answer(answer.body, answer.status, answer.headers, str(fault["value"]))


def _bad_row(answer: Answer, fault: Fault) -> Answer:
    body = copy.deepcopy(answer.body)
    rows = body if isinstance(body, list) else _first_list(body)
    if not rows:
        return answer
    rows[min(int(fault["row"]), len(rows) - 1)] = fault["value"]
    return _with(answer, body)


def _null_in_list(answer: Answer, fault: Fault) -> Answer:
    return _on_rows(answer, fault, lambda row: _set(row, fault["field"], None))


def _set_field(answer: Answer, fault: Fault) -> Answer:
    return _on_rows(answer, fault, lambda row: _set(row, fault["field"], fault["value"]))


def _drop_field(answer: Answer, fault: Fault) -> Answer:
    def drop(row: dict[str, Any]) -> None:
        *parents, last = str(fault["field"]).split(".")
        for parent in parents:
            row = row[parent] if isinstance(row.get(parent), dict) else {}
        row.pop(last, None)

    return _on_rows(answer, fault, drop)


def _string_ids(answer: Answer, fault: Fault) -> Answer:
    def texts(value: Any) -> Any:
        if isinstance(value, list):
            return [texts(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: f"{fault['prefix']}{item}" if key in ("id", "request_id") and item is not None else texts(item)
            for key, item in value.items()
        }

    return _with(answer, texts(answer.body)) if not isinstance(answer.body, bytes) else answer


def _inner_status(answer: Answer, fault: Fault) -> Answer:
    return Answer({"status": fault["status"], "message": fault["message"]}, 200, answer.headers)


def _probe_without_status(answer: Answer, _fault: Fault) -> Answer:
    if not isinstance(answer.body, dict):
        return answer
    return _with(answer, {key: value for key, value in answer.body.items() if key != "status"})


def _flows_as_array(answer: Answer, _fault: Fault) -> Answer:
    if not isinstance(answer.body, dict) or not isinstance(answer.body.get("flows"), list):
        return answer
    names = ("id", "project_id", "data_source_id", "data_set_id", "created_at", "updated_at")
    return _with(answer, [{name: node.get(name) for name in names} for node in answer.body["flows"]])


def _impersonator_id(answer: Answer, fault: Fault) -> Answer:
    return _on_rows(answer, fault, lambda row: _set(row, "impersonator_id", fault["value"]))


def _unknown_sink_type(answer: Answer, fault: Fault) -> Answer:
    def replaced(value: Any) -> Any:
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {key: fault["value"] if key == "sink_type" else replaced(item) for key, item in value.items()}

    return _with(answer, replaced(answer.body)) if not isinstance(answer.body, bytes) else answer


def _camel_case(answer: Answer, _fault: Fault) -> Answer:
    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): renamed(item) for key, item in value.items()}

    return _with(answer, renamed(answer.body)) if not isinstance(answer.body, bytes) else answer


def _with(answer: Answer, body: Any) -> Answer:
    return Answer(body, answer.status, answer.headers, answer.content_type)


def _encoded(answer: Answer, content: bytes) -> Answer:
    return Answer(content, answer.status, {**answer.headers, "Content-Encoding": "gzip"}, answer.content_type)


def _on_rows(answer: Answer, fault: Fault, change: Callable[[dict[str, Any]], None]) -> Answer:
    """Changes the object of the answer, or its rows: all, or the one numbered `row`."""
    if answer.status != 200 or isinstance(answer.body, bytes):  # noqa: PLR2004
        return answer
    body = copy.deepcopy(answer.body)
    rows = body if isinstance(body, list) else [body]
    chosen = fault.fields.get("row")
    for index, row in enumerate(rows):
        if isinstance(row, dict) and chosen in (None, index):
            change(row)
    return _with(answer, body)


def _set(row: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = str(path).split(".")
    for parent in parents:
        following = row.get(parent)
        row[parent] = following if isinstance(following, dict) else {}
        row = row[parent]
    row[last] = value


def _first_list(body: Any) -> list[Any]:
    lists = [item for item in body.values() if isinstance(item, list) and item] if isinstance(body, dict) else []
    return lists[0] if lists else []


_DAMAGE: dict[str, Callable[[Answer, Fault], Answer]] = {
    "html": _html,
    "broken_json": _broken_json,
    "empty": _empty,
    "gzip": _gzip,
    "corrupt_gzip": _corrupt_gzip,
    "gzip_bomb": _gzip_bomb,
    "deep": _deep,
    "nan": _nan,
    "duplicate_keys": _duplicate_keys,
    "scalar": _scalar,
    "content_type": _content_type,
    "null_in_list": _null_in_list,
    "bad_row": _bad_row,
    "set_field": _set_field,
    "drop_field": _drop_field,
    "string_ids": _string_ids,
    "inner_status": _inner_status,
    "probe_without_status": _probe_without_status,
    "flows_as_array": _flows_as_array,
    "impersonator_id": _impersonator_id,
    "unknown_sink_type": _unknown_sink_type,
    "camel_case": _camel_case,
}
