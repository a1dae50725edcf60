"""A repository with an edgeprof.yaml and a home folder, asked for its request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeprof.config import Request, load_request
from edgeprof.core.errors import ConfigError


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root / "repository"
        self.home = root / "home"
        (self.root / ".git").mkdir(parents=True)
        self.home.mkdir()

    def write(self, text: str, name: str = "edgeprof.yaml") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write_own_devices(self, text: str) -> None:
        path = self.home / ".config" / "edgeprof" / "devices.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text)

    def load(self, cwd: str = ".", environ: dict[str, str] | None = None, **flags: Any) -> Request:
        return load_request(flags, cwd=self.root / cwd, environ={"HOME": str(self.home), **(environ or {})})

    def refusal(self, text: str | None = None, environ: dict[str, str] | None = None, **flags: Any) -> ConfigError:
        """What loading this file, or these flags, is answered with."""
        if text is not None:
            self.write(text)
        with pytest.raises(ConfigError) as raised:
            self.load(environ=environ, **flags)
        return raised.value


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)
