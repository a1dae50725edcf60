"""Which TensorRT is here."""

import importlib
import sys

import pytest

from edgeprof.agent.trt.library import NAMES, Library, found, load
from edgeprof.core.errors import RuntimeUnavailable


@pytest.mark.trt
def test_it_is_found_without_being_imported_and_with_the_version_that_it_has():
    import subprocess

    script = (
        "import sys; from edgeprof.agent.trt.library import NAMES, found\n"
        "print(found(), bool(set(NAMES) & set(sys.modules)))"
    )
    seen = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True, env=_environment())
    library, module = load()

    assert seen.stdout.decode().split() == [*str(found()).split(), "False"]
    assert library == found()
    assert library.version == module.__version__
    assert library.name in NAMES


def test_where_there_is_none_the_packages_are_named(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    importlib.invalidate_caches()
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)

    with pytest.raises(RuntimeUnavailable) as raised:
        load()

    assert found() is None
    assert "tensorrt-rtx-cu13-bindings" in raised.value.hint


def test_a_folder_of_that_name_is_not_the_library(tmp_path, monkeypatch):
    (tmp_path / "tensorrt").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    importlib.invalidate_caches()

    assert found(("tensorrt",)) is None


def test_one_that_cannot_be_loaded_says_why(tmp_path, monkeypatch):
    (tmp_path / "tensorrt.py").write_text("import ctypes; ctypes.CDLL('libnvinfer.so.missing')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "tensorrt", raising=False)
    importlib.invalidate_caches()

    with pytest.raises(RuntimeUnavailable, match=r"libnvinfer\.so\.missing"):
        load("tensorrt")


def test_a_version_in_the_modules_own_text_is_read_without_importing_it(tmp_path, monkeypatch):
    """As where it was copied to a device without its packages' records."""
    (tmp_path / "tensorrt.py").write_text('raise OSError("imported")\n__version__ = "8.6.1"\n')
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "tensorrt", raising=False)
    importlib.invalidate_caches()

    assert found() == Library("tensorrt", "8.6.1")
    assert "tensorrt" not in sys.modules


def test_another_library_is_not_imported_by_that_way():
    with pytest.raises(RuntimeUnavailable, match="onnx"):
        load("onnx")


def _environment():
    import os
    from pathlib import Path

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
