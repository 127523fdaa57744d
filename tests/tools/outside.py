"""The REST API as anybody else uses it, with a login of its own."""

from __future__ import annotations

from typing import Any

import requests

from tests.changes.conftest import Scene


class Outside:
    def __init__(self, scene: Scene) -> None:
        self._url = scene.sandbox.url
        self._http = requests.Session()
        self._http.trust_env = False
        key = {"Authorization": f"Basic {scene.sandbox.service_key}"}
        token = self._http.post(f"{self._url}/token", headers=key, timeout=10).json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        return self._asked("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self._asked("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._asked("PUT", path, body)

    def _asked(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, self._url + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()
