"""The CPU image's steps, carried out in a bare Debian: what they install is complete, and checks a real model.

docker itself is not needed. The other images' bases are NVIDIA's; of those only what pip installs is looked at, by
asking pip whether there is a wheel of everything for their Python and their processor.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

from docker.image import ROOT, Image, bare_debian, wheels

pytestmark = [pytest.mark.slow, pytest.mark.chroot, pytest.mark.timeout(1200)]

EXTRAS = "openvino"  # export would bring torch, which is most of the image and installed by pip just the same


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    root = tmp_path_factory.mktemp("debian")
    bare_debian(root)
    wheels(root / "wheels", EXTRAS)
    made = Image(root, {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"})
    made.build(ROOT / "docker" / "cpu" / "Dockerfile", EXTRAS=EXTRAS)
    yield made
    shutil.rmtree(root)  # a gigabyte


def test_the_image_says_its_version(image):
    ended = image.run("--version")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("edgeprof ")


def test_the_image_checks_a_real_model_as_a_user_who_is_not_root(image, small_onnx):
    shutil.copy(small_onnx, image.root / "work" / "small.onnx")
    ended = image.run("check", "small.onnx", "--quick", "--p99", "5s", "--fps", "0.1", "--json", "out.json")
    assert ended.returncode == 0, ended.stderr
    written = image.root / "work" / "out.json"
    assert json.loads(written.read_text())["exit"] == 0
    assert written.stat().st_uid == 1000


def test_the_image_knows_the_device_profiles(image):
    ended = image.run("device", "list")
    assert ended.returncode == 0, ended.stderr
    assert "agx-orin" in ended.stdout


def test_the_image_reaches_devices_over_ssh(image):
    assert (image.root / "usr/bin/ssh").exists()


def test_nothing_is_left_that_only_building_needed(image):
    assert list((image.root / "var/lib/apt/lists").glob("*")) == []
    assert not (image.root / "root/.cache/pip").exists()


AGENT_ON_3_8 = ["numpy==1.24.4", "onnxruntime==1.19.2"]


@pytest.mark.parametrize(
    ("name", "python", "processor"),
    [
        ("cpu", "3.11", "aarch64"),
        ("cuda", "3.12", "x86_64"),
        ("jetpack5", "3.8", "aarch64"),
        ("jetpack6", "3.10", "aarch64"),
        ("jetpack7", "3.12", "aarch64"),
    ],
)
def test_pip_finds_a_wheel_of_everything_that_an_image_installs(name, python, processor, tmp_path):
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    if name == "jetpack5":
        wanted = AGENT_ON_3_8
        script = (ROOT / "docker" / name / "install.sh").read_text()
        assert f"pip install --no-cache-dir {' '.join(wanted)}\n" in script
    glibc = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
    asked = [f"--platform={tag}_{processor}" for tag in glibc]
    pins = ["--constraint", ROOT / "constraints.txt"] if python in ("3.11", "3.12") else []
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--target", tmp_path]
    fixed = [f"--python-version={python}", "--only-binary=:all:", *pins, *asked]
    done = subprocess.run([*pip, *fixed, *wanted], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not list(Path(tmp_path).iterdir())
