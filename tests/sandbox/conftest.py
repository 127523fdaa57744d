"""A sandbox over real HTTP, and a plain client that is logged in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve


@dataclass
class Api:
    """Requests to one sandbox as one user; paths are given without the API's prefix."""

    sandbox: RunningSandbox
    token: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def log_in(self, key: str | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Basic {key or self.sandbox.service_key}"}
        answer = self.session.post(f"{self.sandbox.url}/token", headers=headers, timeout=10)
        answer.raise_for_status()
        self.token = answer.json()["access_token"]
        return answer.json()

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        options.setdefault("timeout", 10)
        options.setdefault("allow_redirects", False)
        return self.session.request(method, self.sandbox.url + path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return self.call("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self.call("DELETE", path, **options)

    def switch(self, method: str, path: str, **options: Any) -> Any:
        """A call of the admin endpoint; its JSON answer."""
        answer = self.session.request(method, self.sandbox.admin_url + path, timeout=10, **options)
        answer.raise_for_status()
        return answer.json()

    def fault(self, kind: str, **fields: Any) -> dict[str, Any]:
        return self.switch("POST", "/faults", json={"kind": kind, **fields})

    def advance(self, seconds: float) -> None:
        self.switch("POST", "/clock/advance", json={"seconds": seconds})

    def ids(self, path: str) -> list[int]:
        return [row["id"] for row in self.get(path).json()]


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(SandboxOptions(seed="acme")) as running:
        yield running


@pytest.fixture
def empty_sandbox() -> Iterator[RunningSandbox]:
    with serve(SandboxOptions(seed="empty")) as running:
        yield running


@pytest.fixture(scope="session")
def api_of() -> Callable[[RunningSandbox], Api]:
    def logged_in(running: RunningSandbox) -> Api:
        api = Api(running)
        api.log_in()
        return api

    return logged_in


@pytest.fixture
def api(sandbox: RunningSandbox, api_of: Callable[[RunningSandbox], Api]) -> Api:
    """The first user of the acme org."""
    return api_of(sandbox)


@pytest.fixture
def empty_api(empty_sandbox: RunningSandbox, api_of: Callable[[RunningSandbox], Api]) -> Api:
    return api_of(empty_sandbox)
