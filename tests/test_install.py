"""The wheel, installed where no checkout is: everything is in it that a user needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cli.shell import SITE

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built as pip builds it; the one thing that this needs from elsewhere is the build system itself."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("edgeprof-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of an environment's programs; its libraries are the ones that are here, edgeprof its own."""
    venv = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{SITE}\n")  # no .pth of that folder is read, so no checkout gets in
    python = venv / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel], check=True
    )
    return venv / "bin"


def test_the_wheel_holds_the_package_and_nothing_of_its_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "edgeprof").rglob("*.py")}
    assert sources <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"edgeprof"}


def test_the_wheel_holds_every_device_profile(wheel):
    profiles = {path.name for path in (ROOT / "device_profiles").glob("*.yaml")}
    packed = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".yaml")}
    assert packed == profiles


def test_the_installed_command_is_the_installed_package(shell, installed):
    asks = (installed / "python", "-c", "import edgeprof; print(edgeprof.__file__)")
    assert shell.start(command=asks, PYTHONPATH=None).end().out.startswith(str(installed.parent))


def test_the_installed_command_helps(shell, installed):
    ended = shell.start("--help", command=(installed / "edgeprof",), PYTHONPATH=None).end()
    assert ended.code == 0, ended.err
    assert "check" in ended.out


@pytest.mark.parametrize(("latency_ms", "code"), [(10, 0), (50, 1)])
def test_the_installed_command_checks_a_model(shell, installed, latency_ms, code):
    model = shell.fake(latency_ms=latency_ms)
    ended = shell.start("check", model, "--quick", command=(installed / "edgeprof",), PYTHONPATH=None).end()
    assert ended.code == code, ended.err


def test_the_installed_command_exports_and_runs_a_real_model(shell, installed, small_onnx):
    flags = ("--runtime", "onnxruntime", "--iterations", "20", "--warmup", "5it")
    arguments = ("measure", shell.use(small_onnx), *flags)
    ended = shell.start(*arguments, command=(installed / "edgeprof",), PYTHONPATH=None).end()
    assert ended.code == 0, ended.err
    assert len(shell.saved()[0].processes[0].samples_s) == 20


def test_the_installed_command_has_the_profiles(shell, installed):
    listed = shell.start("device", "list", command=(installed / "edgeprof",), PYTHONPATH=None).end()
    assert listed.code == 0, listed.err
    names = {line.split()[0] for line in listed.out.splitlines()[1:]}
    assert names == {path.stem for path in (ROOT / "device_profiles").glob("*.yaml")}
    shown = shell.start("device", "show", "t4", command=(installed / "edgeprof",), PYTHONPATH=None, COLUMNS=300).end()
    assert shown.code == 0, shown.err
    assert str(installed.parent) in shown.out  # its own, and not the checkout's
