"""A repository with an edgeprof.yaml and a home folder, asked for its request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeprof.config import Request, load_machine, load_request
from edgeprof.config.own import own_folder
from edgeprof.core.errors import ConfigError, EdgeprofError, TargetError
from edgeprof.core.machine import Machine
from edgeprof.core.profile import Found
from edgeprof.devices.load import folders
from edgeprof.devices.name import find


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root / "repository"
        self.home = root / "home"
        (self.root / ".git").mkdir(parents=True)
        self.home.mkdir()

    @property
    def own_devices(self) -> Path:
        return self.home / ".config" / "edgeprof" / "devices.yaml"

    def write(self, text: str, name: str = "edgeprof.yaml") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write_own_devices(self, text: str) -> None:
        self.own_devices.parent.mkdir(parents=True, exist_ok=True)
        self.own_devices.write_text(text)

    def environment(self, environ: dict[str, str] | None = None) -> dict[str, str]:
        return {"HOME": str(self.home), **(environ or {})}

    def look_up(self, word: str, base: str, project: str | None) -> Found:
        """The profiles that the command has: the project's, the user's, edgeprof's own."""
        return find(word, base, folders(own_folder(self.environment()), Path(project) if project else None))

    def load(self, cwd: str = ".", environ: dict[str, str] | None = None, **flags: Any) -> Request:
        where = self.root / cwd
        return load_request(flags, cwd=where, environ=self.environment(environ), profiles=self.look_up)

    def machine(self, environ: dict[str, str] | None = None, **flags: Any) -> Machine:
        return load_machine(flags, cwd=self.root, environ=self.environment(environ), profiles=self.look_up)

    def refusal(self, text: str | None = None, environ: dict[str, str] | None = None, **flags: Any) -> ConfigError:
        """What loading this file, or these flags, is answered with."""
        if text is not None:
            self.write(text)
        return _raised(ConfigError, lambda: self.load(environ=environ, **flags))

    def unreached(self, environ: dict[str, str] | None = None, **flags: Any) -> TargetError:
        """The same where the device cannot be reached."""
        return _raised(TargetError, lambda: self.load(environ=environ, **flags))


def _raised(kind: type[Any], act: Callable[[], object]) -> Any:
    with pytest.raises(EdgeprofError) as raised:
        act()
    assert type(raised.value) is kind, raised.value
    return raised.value


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)
