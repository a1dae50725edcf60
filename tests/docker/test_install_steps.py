"""Every image's steps, carried out in a bare root file system: what they install is complete, and checks a model.

docker itself is not needed. What that cannot show of the real bases, BASES says, docker/README.md lists, a run prints.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docker.bases import BASES, make, wanted, wheels
from docker.image import ROOT, Image

pytestmark = [pytest.mark.slow, pytest.mark.chroot, pytest.mark.timeout(3600)]

# export would bring torch, which is most of an image and installed by pip just the same.
EXTRAS = {"cpu": "openvino"}


@pytest.fixture(scope="module", params=BASES, ids=str)
def image(request, tmp_path_factory):
    base, root = request.param, tmp_path_factory.mktemp("root")
    extras = EXTRAS.get(base.image, "")
    print(f"\n{base}: not run: {base.not_run}")
    make(base, root)
    wheels(base, root / "wheels", extras)
    made = Image(root, {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"})
    made.build(ROOT / "docker" / base.image / "Dockerfile", EXTRAS=extras)
    yield base, made
    shutil.rmtree(root)  # a gigabyte


@pytest.fixture
def holder(image):
    """Of those that hold edgeprof itself."""
    base, made = image
    if base.image == "jetpack5":
        pytest.skip("the JetPack 5 image is a device's, without edgeprof")
    return made


def test_the_image_starts_with_the_python_of_its_base(image):
    base, made = image
    ended = made.run("--version")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"Python {base.python}." if base.image == "jetpack5" else "edgeprof ")
    assert (made.root / f"usr/bin/python{base.python}").exists()


def test_what_the_agent_needs_is_imported_on_jetpack_5(image):
    base, made = image
    if base.image != "jetpack5":
        pytest.skip("the others hold edgeprof, which checks a model")
    ended = made.run("-c", "import numpy, onnxruntime; print(f'numpy=={numpy.__version__}')")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() in wanted("jetpack5")


def test_the_image_checks_a_real_model_as_a_user_who_is_not_root(image, holder, small_onnx):
    if image[0].is_emulated:
        pytest.skip("373 inferences take too long under emulation: it measures a few")
    written = numbers_of(holder, small_onnx, "check", "--quick", "--p99", "60s", "--fps", "0.001")
    assert written["exit"] == 0


def test_the_image_measures_a_real_model_on_its_processor(holder, small_onnx):
    written = numbers_of(holder, small_onnx, "measure", "--iterations", "5", "--warmup", "2it")
    assert written["processes"][0]["samples"] == 5


def numbers_of(holder, model, command, *flags):
    """What was written, by the user and not by root."""
    shutil.copy(model, holder.root / "work" / "small.onnx")
    ended = holder.run(command, "small.onnx", "--runtime", "onnxruntime", *flags, "--json", "out.json")
    assert ended.returncode == 0, ended.stderr
    path = holder.root / "work" / "out.json"
    assert path.stat().st_uid == 1000
    return json.loads(path.read_text())


def test_the_image_knows_the_device_profiles(holder):
    ended = holder.run("device", "list")
    assert ended.returncode == 0, ended.stderr
    assert "agx-orin" in ended.stdout


def test_the_image_reaches_devices_over_ssh(holder):
    assert (holder.root / "usr/bin/ssh").exists()


def test_what_the_base_brings_for_python_is_seen(image, holder):
    """TensorRT's bindings are the system's: a virtual environment that hid them would have none."""
    told = (holder.root / "opt/edgeprof/pyvenv.cfg").read_text()
    assert ("include-system-site-packages = true" in told) == (image[0].image != "cpu")


def test_the_user_is_made_only_where_the_base_has_none(image):
    base, made = image
    users = (made.root / "etc/passwd").read_text()
    assert users.count(":1000:1000:") == 1
    assert ("edgeprof:" in users) == (base.release != "noble")


def test_nothing_is_left_that_only_building_needed(image):
    _, made = image
    assert list((made.root / "var/lib/apt/lists").glob("*")) == []
    assert not (made.root / "root/.cache/pip").exists()


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
    wanted_there = wanted(name)
    glibc = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
    asked = [f"--platform={tag}_{processor}" for tag in glibc]
    pins = ["--constraint", ROOT / "constraints.txt"] if python in ("3.11", "3.12") else []
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--target", tmp_path]
    fixed = [f"--python-version={python}", "--only-binary=:all:", *pins, *asked]
    done = subprocess.run([*pip, *fixed, *wanted_there], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not list(Path(tmp_path).iterdir())
