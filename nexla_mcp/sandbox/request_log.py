"""What was asked of the sandbox, for tests that count requests. Never values, headers or bodies."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 10_000


@dataclass(frozen=True)
class ServedRequest:
    """`status` is null where the connection was cut instead of an answer. `at` is simulated time."""

    at: str
    method: str
    path: str
    route: str | None
    query_keys: list[str]
    status: int | None
    request_id: str
    faults: list[str]


class RequestLog:
    """The newest `KEPT` requests in the order in which they were answered."""

    def __init__(self) -> None:
        self._requests: deque[ServedRequest] = deque(maxlen=KEPT)

    def add(self, request: ServedRequest) -> None:
        self._requests.append(request)

    def clear(self) -> None:
        self._requests.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(request) for request in list(self._requests)]
