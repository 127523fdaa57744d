"""Starting and stopping a sandbox, inside a program and as a process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest
import requests

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve

COMMAND = (
    "from nexla_mcp.sandbox.options import SandboxOptions;"
    "from nexla_mcp.sandbox.serving import run_forever;"
    "run_forever(SandboxOptions(seed='empty'))"
)


def test_two_sandboxes_do_not_share_anything(api_of):
    with serve(SandboxOptions(seed="empty")) as first, serve(SandboxOptions(seed="empty")) as second:
        assert first.url != second.url
        api_of(first).post("/teams", json={"name": "Only here"})
        assert api_of(second).get("/teams").json() == []


def test_nothing_listens_and_no_thread_is_left_after_the_block():
    with serve(SandboxOptions(seed="empty")) as running:
        port = urlsplit(running.url).port
        assert port
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        raise AssertionError("still listening")
    assert not [thread for thread in threading.enumerate() if thread.name == "nexla-sandbox"]


def test_an_open_hanging_request_does_not_hold_up_the_end(api_of):
    with serve(SandboxOptions(seed="empty")) as running:
        api = api_of(running)
        api.fault("hang", route="/teams")
        outcome: list[Exception] = []

        def wait() -> None:
            try:
                api.get("/teams", timeout=300)
            except requests.RequestException as error:
                outcome.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        watching = api_of(running)
        while not any(item["faults"] == ["hang"] for item in watching.switch("GET", "/requests")):
            assert thread.is_alive()
    thread.join(timeout=60)
    assert outcome


def test_a_taken_port_is_an_error():
    with serve(SandboxOptions(seed="empty")) as running:
        port = urlsplit(running.url).port
        with pytest.raises(OSError), serve(SandboxOptions(seed="empty", port=port or 0)):
            raise AssertionError("two on one port")


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a child process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_a_process_it_says_one_line_and_ends_well_on_a_signal(number):
    with subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        answer = requests.post(
            f"{said['url']}/token", headers={"Authorization": f"Basic {said['service_key']}"}, timeout=10
        )
        assert answer.status_code == 200
        assert said["service_keys"] == {"dana@acme.example": "sandbox-key-dana"}
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert rest == ""
