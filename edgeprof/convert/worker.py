"""The process in which a model is loaded and exported: one task in as JSON, lines of JSON out, then gone."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeprof.convert.versions import INSTALL_EXPORT
from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConvertError, EdgeprofError, RuntimeUnavailable
from edgeprof.core.files import DISK_IS_FULL
from edgeprof.core.lifeline import end_with

_NOTHING_BYTES = 1 << 20


def main() -> None:
    wire = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # torch, onnxscript and a user's factory print on standard output
    _forget_working_directory()
    task = json.loads(sys.stdin.buffer.readline())
    end_with(0, lambda: os._exit(1))

    def tell(**message: Any) -> None:
        wire.write(json.dumps(message) + "\n")

    try:
        tell(done=_do(task, tell))
    except (EdgeprofError, OSError, MemoryError, RuntimeError) as error:
        known = _known(error, task)
        if known is None:
            raise
        tell(error={"kind": type(known).__name__, "message": known.message, "hint": known.hint})
    wire.flush()
    os._exit(0)  # torch takes a second to take itself apart


def _forget_working_directory() -> None:
    """`python -m` puts it first, where a user's own timm/ or onnx.py would hide the library."""
    here = os.getcwd()
    sys.path[:] = [place for place in sys.path if place not in ("", here)] + [here]


def _do(task: Mapping[str, Any], tell: Any) -> dict[str, Any]:
    def say(words: str) -> None:
        tell(say=words)

    if task["order"] == "names":
        return {"names": _timm_names()}
    if task["order"] == "plan":
        from edgeprof.convert.plan import make

        return make(task, say)
    if task["order"] in ("explain", "remedy"):
        from edgeprof.convert.inquiry import answered

        return answered(task)
    from edgeprof.convert.recipe import Recipe
    from edgeprof.convert.sources import Source

    recipe, folder = restore(Recipe, task["recipe"]), Path(task["folder"])
    if task["order"] == "derive":
        from edgeprof.convert import derive

        made_from = restore(Artefact, task["artefact"])
        return {"artefact": plain(derive.derive(made_from, recipe, folder, say)), "parts": []}
    source = restore(Source, task["source"])
    if source.kind == "onnx":
        from edgeprof.convert import onnx_file

        made = onnx_file.convert(source.name, recipe, folder, say)
    else:
        from edgeprof.convert import torch_export, torch_source

        say("loading timm" if source.kind == "timm" else "loading torch")
        subject = torch_source.subject_of(source, recipe)
        made = torch_export.convert(subject, recipe, folder, say, task["rounding"])
    return {"artefact": plain(made.artefact), "parts": list(made.parts)}


def _timm_names() -> list[str]:
    try:
        import timm
    except ImportError as error:
        raise RuntimeUnavailable(f"timm cannot be imported: {error}", INSTALL_EXPORT) from error
    return sorted(timm.list_models())


def _known(error: Exception, task: Mapping[str, Any]) -> EdgeprofError | None:
    """What a low-level failure means to the user; None where it means nothing to them."""
    words = str(error)
    folder = task.get("folder", "/")
    is_full = isinstance(error, OSError) and error.errno in DISK_IS_FULL
    # torch's own writer, and protobuf's, turn a full disk into a bare RuntimeError.
    if is_full or shutil.disk_usage(folder).free < _NOTHING_BYTES:
        return ConvertError(
            f'no space left while converting in "{folder}"', "set EDGEPROF_CACHE to a folder on a larger disk"
        )
    if isinstance(error, MemoryError) or "can't allocate memory" in words or "not enough memory" in words:
        return ConvertError(
            "the model does not fit in memory while exporting",
            "use a lower --res or --batch, or convert on a machine with more memory",
        )
    return error if isinstance(error, EdgeprofError) else None


if __name__ == "__main__":
    main()
