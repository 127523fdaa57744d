"""What is known of one attempt: the facts that errors and repeats are judged by (traps T6, T8)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol


class Trouble(str, Enum):
    """Why an attempt gave no usable answer."""

    NOT_SENT = "not_sent"
    """Refused, no such host, no connection in time: the server never saw the request."""
    CUT = "cut"
    """The connection broke after the request may have been sent."""
    TOO_SLOW = "too_slow"
    """The server was silent for too long, or the deadline passed."""
    UNREADABLE = "unreadable"
    """An answer came, and it was no JSON, too large, too deep or broken."""
    NO_TOKEN = "no_token"  # noqa: S105 - a word for a failure
    """No session token could be had; the request itself was never sent."""


class HasSocket(Protocol):
    sock: Any


@dataclass
class Exchange:
    """One request and its answer. Written by the worker thread, read by everybody after it."""

    deadline: float
    """By the adapter's monotonic clock, in seconds."""
    sent: bool = False
    """Whether any byte of the request may have reached the server."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the answer, names in lower case."""
    data: Any = None
    """The JSON of the answer, of an error answer too."""
    trouble: Trouble | None = None
    detail: str = ""
    """Our own words on the trouble."""
    token: Exchange | None = None
    """The token request that failed, when `trouble` is NO_TOKEN."""
    requests: int = 0
    """How often this was put on the wire: twice after a 401."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _connection: HasSocket | None = field(default=None, repr=False)
    _aborted: bool = False

    def begin_sending(self, connection: HasSocket) -> bool:
        """Called before bytes go out; False when the exchange was aborted and nothing may be sent any more."""
        with self._lock:
            if self._aborted:
                return False
            self._connection = connection
            self.sent = True
            return True

    def attach(self, connection: HasSocket) -> None:
        """Names the connection that an abort has to cut."""
        with self._lock:
            self._connection = connection

    def abort(self) -> None:
        """Cuts the connection, so that a thread that waits on it ends; nothing is sent after this."""
        with self._lock:
            self._aborted = True
            sock = getattr(self._connection, "sock", None)
        if sock is not None:
            with suppress(OSError):
                # Not sock.shutdown(): that of a TLS socket first waits for the other side.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    @property
    def aborted(self) -> bool:
        return self._aborted

    def succeeded(self) -> bool:
        return self.trouble is None and self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    def fail(self, trouble: Trouble, detail: str = "") -> None:
        self.trouble, self.detail = trouble, detail

    def reset(self) -> None:
        """Forgets the answer, for the one repeat after a 401. A 401 means that nothing was done."""
        self.sent, self.status, self.headers, self.data = False, None, {}, None
        self.trouble, self.detail = None, ""

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")
