"""Libraries of C in the place of NVIDIA's: what is called of them is really called, and does what a test says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Dict

from agent.nvml.recorded import compiler
from edgeprof.agent.cuda.library import SIGNATURES

_WORDS = '{ return "its words"; }'


def library_of_c(path: Path, functions: Dict[str, str]) -> Path:
    """Functions by name and type, each with its arguments and its body."""
    source = path.with_name(path.name + ".c")
    head = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>", "#include <unistd.h>"]
    source.write_text("\n".join([*head, *(f"{name}{text}" for name, text in functions.items())]) + "\n")
    subprocess.run([str(compiler()), "-shared", "-fPIC", "-o", str(path), str(source)], check=True)
    return path


def cudart_of_c(path: Path, **bodies: str) -> Path:
    """It says yes to everything but what is said otherwise."""
    said = {f"int {name}": text for name, text in bodies.items()}
    yes = {f"int {name}": "(void) { return 0; }" for name in SIGNATURES if name not in (*bodies, "cudaGetErrorString")}
    return library_of_c(path, {**said, **yes, "const char *cudaGetErrorString": f"(int code) {_WORDS}"})
