"""The bare root file systems that stand in for the images' bases, and the wheels that pip gets inside them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomllib

from docker.image import ENTER, ROOT

ARM64 = ROOT / "tests" / "arm64.sh"
UBUNTU_KEYS = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
_UBUNTU = ("focal", "jammy", "noble")
_DEBOOTSTRAP = Path("/usr/share/debootstrap")
_GLIBC = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")


@dataclass(frozen=True)
class Base:
    """A release that debootstrap makes; `not_run` is what of the image it cannot show."""

    image: str
    release: str
    python: str
    not_run: str
    processor: str = "x86_64"

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(map(int, self.python.split(".")))

    @property
    def is_ubuntu(self) -> bool:
        return self.release in _UBUNTU

    @property
    def is_emulated(self) -> bool:
        return self.processor == "aarch64"

    def __str__(self) -> str:
        return f"{self.image}-{self.release}-{self.processor}"


_TORCH = "`EXTRAS=export`, which brings torch"
_NVIDIA = "NVIDIA's base, its CUDA and TensorRT"
# An image for a Jetson is carried out twice: in its own Ubuntu, which has its Python and is to be had for x86-64 from
# the mirror that debootstrap knows by itself, and in a Debian for its processor.
BASES = (
    Base("cpu", "bookworm", "3.11", _TORCH),
    Base("cuda", "noble", "3.12", f"{_NVIDIA}; {_TORCH}"),
    Base("jetpack5", "focal", "3.8", f"{_NVIDIA}; arm64"),
    Base("jetpack6", "jammy", "3.10", f"{_NVIDIA}; arm64"),
    Base("jetpack7", "noble", "3.12", f"{_NVIDIA}; arm64"),
    Base("jetpack5", "bullseye", "3.9", f"{_NVIDIA}; Python 3.8", "aarch64"),
    Base("jetpack6", "bookworm", "3.11", f"{_NVIDIA}; Python 3.10", "aarch64"),
    Base("jetpack7", "trixie", "3.13", f"{_NVIDIA}; Python 3.12", "aarch64"),
)


def make(base: Base, root: Path) -> None:
    """As debootstrap makes it, from the mirror that it knows by itself."""
    words: list[object] = ["debootstrap", "--variant=minbase"]
    environment = dict(os.environ)
    with ExitStack() as made:
        if base.is_emulated:
            words = ["nice", "sh", ARM64]
        elif base.is_ubuntu:  # its images have universe, where venv is
            words += ["--force-check-gpg", "--components=main,universe"]
            environment["DEBOOTSTRAP_DIR"] = made.enter_context(_scripts_for(base.release))
        words = [str(word) for word in (*words, base.release, root)]
        done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    root.chmod(0o755)  # users other than root have to get past "/"
    if base.release == "noble":  # its images come with a user, whom user.sh has to leave alone
        subprocess.run(["sh", ENTER, root, "useradd", "--uid", "1000", "ubuntu"], check=True)


@contextmanager
def _scripts_for(release: str) -> Iterator[str]:
    """debootstrap's own folder, with a release younger than it: all of Ubuntu's since 2007 are made by one script."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "debootstrap"
        shutil.copytree(_DEBOOTSTRAP, folder, symlinks=True)
        script = folder / "scripts" / release
        if not script.exists():
            script.symlink_to("gutsy")
        yield str(folder)


def wheels(base: Base, folder: Path, extras: str) -> None:
    """What pip will need inside, fetched outside with whatever index pip is set up for here."""
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    platforms = [f"--platform={tag}_{base.processor}" for tag in _GLIBC]
    options = [f"--python-version={base.python}", *platforms, *_pins(base), "--dest", folder]
    # pip asks the Python that runs it what `python_version < "3.11"` comes to: what that leaves out is named here.
    older = ["tomli"] if base.version < (3, 11) else []
    subprocess.run([*fetch, *options, *wanted(base.image, extras), *older], check=True)


def wanted(image: str, extras: str = "") -> list[str]:
    """What the image's install.sh has pip install, with what builds edgeprof itself."""
    if image == "jetpack5":
        script = (ROOT / "docker" / image / "install.sh").read_text(encoding="utf-8")
        lines = [line for line in script.splitlines() if line.startswith("python3 -m pip install --no-cache-dir ")]
        return [word for line in lines for word in line.split()[5:]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in filter(None, extras.split(",")):
        names += project["project"]["optional-dependencies"][extra]
    return names


def _pins(base: Base) -> list[object]:
    """As docker/edgeprof.sh has it."""
    has_pins = base.image != "jetpack5" and base.version >= (3, 11)
    return ["--constraint", ROOT / "constraints.txt"] if has_pins else []
