"""Which CUDA and TensorRT are installed, from their files before anything is asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, List, Optional, Tuple

from edgeprof.agent.board.reading import answer_of
from edgeprof.agent.files import text_of

_TRTEXEC = ("usr/src/tensorrt/bin/trtexec", "usr/bin/trtexec", "opt/tensorrt/bin/trtexec")
_LIBRARIES = ("usr/lib/aarch64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/local/lib", "usr/local/tensorrt/lib")
_PACKAGES = ("libnvinfer10", "libnvinfer8", "libnvinfer-bin")


def cuda(root: Path) -> Optional[str]:
    """The toolkit's version: 12.6.68 of version.json, or of version.txt as JetPack 4 has it."""
    folder = root / "usr/local/cuda"
    match = re.search(r"CUDA Version (\d+(?:\.\d+)+)", text_of(folder / "version.txt"))  # CUDA Version 10.2.300
    return _cuda_of_json(text_of(folder / "version.json")) or (match.group(1) if match else None) or _cuda_folder(root)


def tensorrt(root: Path, *, asks: bool) -> Optional[str]:
    """The library's version, 10.3.0; `asks` allows to start dpkg-query, and then trtexec, where no file tells."""
    found = [
        _numbers(match.group(1))
        for folder in _LIBRARIES
        for path in (root / folder).glob("libnvinfer.so.*.*.*")
        for match in [re.fullmatch(r"libnvinfer\.so\.(\d+\.\d+\.\d+)", path.name)]
        if match
    ]
    if found:
        return ".".join(map(str, max(found)))
    if not asks:
        return None
    listed = re.search(
        r"^\S+[ \t]+(\d+\.\d+\.\d+)", answer_of(["dpkg-query", "--show", *_PACKAGES]) or "", re.MULTILINE
    )
    if listed:
        return listed.group(1)
    tool = _trtexec_file(root)
    return version_of_banner(answer_of([str(tool), "--help"]) or "") if tool else None


def trtexec(root: Path) -> Optional[str]:
    """Its path; JetPack leaves it off the PATH."""
    found = _trtexec_file(root)
    return f"/{found.relative_to(root)}" if found else None


def version_of_banner(text: str) -> Optional[str]:
    """10.16.2 of `&&&& RUNNING TensorRT.trtexec [TensorRT v101602] [b10] # trtexec`, 8.5.2 of `v8502`."""
    match = re.search(r"\[TensorRT v(\d{1,2})(\d\d)(\d\d)\]|\[TensorRT v(\d)(\d)(\d\d)\]", text)
    if match is None:
        return None
    return ".".join(str(int(part)) for part in match.groups() if part is not None)


def _cuda_of_json(text: str) -> Optional[str]:
    try:
        version: Any = json.loads(text)["cuda"]["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return version if isinstance(version, str) and re.fullmatch(r"\d+(\.\d+)+", version) else None


def _cuda_folder(root: Path) -> Optional[str]:
    """cuda-12.6, where it is the only one: of two nobody knows which is used."""
    names = [path.name.partition("-")[2] for path in (root / "usr/local").glob("cuda-[0-9]*.*")]
    return names[0] if len(names) == 1 else None


def _numbers(version: str) -> Tuple[int, ...]:
    parts: List[str] = version.split(".")
    return tuple(map(int, parts))


def _trtexec_file(root: Path) -> Optional[Path]:
    return next((root / path for path in _TRTEXEC if (root / path).is_file()), None)
