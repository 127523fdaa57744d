"""Where one account's operations, decisions and key are kept on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure

PRIVATE = 0o700
PRIVATE_FILE = 0o600
KEY_BYTES = 32
_LOGINS = "logins.json"


def default_state_root() -> Path:
    """The user's state folder by the XDG convention; the same place on every system."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "nexla-mcp"


@dataclass(frozen=True)
class StateDirectory:
    """The directory of one principal at one API address, mode 0700. Made when the first write needs it."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "operations.db"

    @property
    def executors(self) -> Path:
        return self.path / "executors"

    def make(self) -> None:
        """Makes the directory.

        Raises:
            Failure: `not_configured` when it cannot be made or written: without it nothing can be done only once.
        """
        try:
            for folder in (self.path, self.executors):
                _make_private(folder)
                folder.chmod(PRIVATE)
        except OSError as error:
            raise Failure.of(
                ErrorCode.NOT_CONFIGURED,
                f"The state directory cannot be used ({type(error).__name__}). Nothing was sent to Nexla.",
                hint="Set NEXLA_MCP_STATE_DIR to a folder that this user may write.",
            ) from None

    def key(self) -> bytes:
        """The secret that confirmations are sealed with, shared by all copies over this directory."""
        return _kept_secret(self.path / "key")


@dataclass(frozen=True)
class Account:
    """One API address under a state root: which principals used it from here, and with which login.

    `scope` names the account; the address itself, except for an embedded sandbox, whose port changes every time.
    """

    root: Path
    scope: str

    @property
    def path(self) -> Path:
        return self.root / hashlib.sha256(self.scope.encode()).hexdigest()[:16]

    def directory(self, principal: str) -> StateDirectory:
        return StateDirectory(self.path / principal)

    def directories(self) -> list[StateDirectory]:
        """Of every principal that ever changed something from here."""
        try:
            folders = sorted(self.path.iterdir())
        except OSError:
            return []
        found = [StateDirectory(folder) for folder in folders if folder.is_dir()]
        return [state for state in found if state.database.exists()]

    def known(self, login: str) -> StateDirectory | None:
        """The directory that this login used before, without asking Nexla whose it is; None for a new login."""
        logins = self._logins()
        principal = logins.get(self._fingerprint(login)) if logins else None
        return self.directory(principal) if isinstance(principal, str) else None

    def remember(self, login: str, principal: str) -> None:
        """Notes whose login this is. The login itself is not kept, only a keyed fingerprint of it."""
        _make_private(self.path)
        file, logins = self.path / _LOGINS, self._logins()
        if logins.get(self._fingerprint(login)) == principal:
            return
        logins[self._fingerprint(login)] = principal
        _write_whole(file, json.dumps(logins).encode())

    def _logins(self) -> dict[str, Any]:
        """Principals by fingerprint; empty where there is no list, or a damaged one, which is begun anew."""
        try:
            logins = json.loads((self.path / _LOGINS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return logins if isinstance(logins, dict) else {}

    def _fingerprint(self, login: str) -> str:
        salt = _kept_secret(self.path / "salt")
        return hmac.new(salt, login.encode(), hashlib.sha256).hexdigest()[:32]


def _make_private(folder: Path) -> None:
    """Makes a folder and what is missing above it, each for this user alone; what is there keeps its mode."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(mode=PRIVATE, exist_ok=True)


def _kept_secret(file: Path) -> bytes:
    """Random bytes that are made once, whoever of several processes comes first."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        _make_private(file.parent)
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    _write_private(fresh, secrets.token_bytes(KEY_BYTES))
    try:
        # A link, since it fails where the file is there by now: nobody ever reads half a key or loses the race.
        os.link(fresh, file)
    except FileExistsError:
        return file.read_bytes()
    finally:
        fresh.unlink()
    return file.read_bytes()


def _write_whole(file: Path, content: bytes) -> None:
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    _write_private(fresh, content)
    fresh.replace(file)


def _write_private(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as opened:
        opened.write(content)
