"""One model through `edgeprof convert`, form by form, each in a process with a cap: what became of it."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional  # `X | None` is not read back by core's codec

from benchmarks.capped import Cap, run_capped
from benchmarks.fresh import ROOT, unset

_PREFIX = "edgeprof-coverage-"
_SCRATCH = re.compile(rf"\S*/{_PREFIX}\S*/")
FORMS = ("onnx", "openvino", "tensorrt")
_FROM_OUTSIDE = (130, 143, -2, -15)  # interrupted or terminated: no outcome of the model's
CAPABILITY = "8.9"  # a plan for a card that is elsewhere: nothing is run on it


@dataclass(frozen=True)
class Form:
    """One form of one model: its figures, or the error that it ended in."""

    name: str
    seconds: float
    peak_bytes: int
    error: Optional[str] = None
    shape: tuple[int, ...] = ()
    precision: str = ""
    relative_l2: Optional[float] = None
    sensitivity: Optional[float] = None
    card: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conversion:
    model: str
    forms: tuple[Form, ...]  # those that were tried: of a model that is not exported the first alone

    def form(self, name: str) -> Form | None:
        return next((form for form in self.forms if form.name == name), None)

    @property
    def seconds(self) -> float:
        return sum(form.seconds for form in self.forms)

    @property
    def peak_bytes(self) -> int:
        return max(form.peak_bytes for form in self.forms)


def converted(model: str, res: str, cap: Cap) -> Conversion:
    """In a cache of its own, so that nothing is remembered from before and nothing is left on the disk."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        place = Path(folder)
        forms: list[Form] = []
        for name in FORMS:
            forms.append(_form(model, res, name, cap, place))
            if not any(place.glob("cache/artefacts/*")):
                break  # there is nothing to prove or to build
        return Conversion(model, tuple(forms))


def _form(model: str, res: str, name: str, cap: Cap, place: Path) -> Form:
    document = place / f"{name}.json"
    # A lock of its own too: nothing is timed here, and what others time waits for nobody.
    environment = {**unset(), "EDGEPROF_CACHE": str(place / "cache"), "EDGEPROF_LOCK": str(place / "lock")}
    command = [sys.executable, "-m", "edgeprof", "convert", model, "--res", res, "--to", name]
    command += [
        "--json",
        str(document),
        "--quiet",
        *(["--compute-capability", CAPABILITY] if name == "tensorrt" else []),
    ]
    ended = run_capped(command, cap, environment, ROOT)
    if ended.over is None and ended.code in _FROM_OUTSIDE:
        raise InterruptedError(f"{model} was ended from outside")
    spent = (name, ended.seconds, ended.peak_bytes)
    if ended.over or not document.is_file():
        return Form(*spent, error=ended.over or f"exit code {ended.code}: {_line(ended.said)}")
    (told,) = json.loads(document.read_bytes())["conversions"]
    return described(told, *spent)


def described(told: Mapping[str, Any], name: str, seconds: float, peak_bytes: int) -> Form:
    """A form out of the document that `edgeprof convert --json` writes of it."""
    if "error" in told:
        return Form(name, seconds, peak_bytes, error=_line(told["error"]))
    artefact, parity = told["artefact"], told["parity"]
    return Form(
        name,
        seconds,
        peak_bytes,
        shape=tuple(artefact["inputs"][0]["shape"]),
        precision=artefact["precision"],
        relative_l2=parity["relative_l2"],
        sensitivity=parity["sensitivity"],
        card=artefact["card"],
        notes=tuple(artefact["notes"]),
    )


def _line(text: str) -> str:
    """Several lines as one; of a traceback the last says what happened. Where files lay for the time is left out."""
    lines = [line.strip() for line in _SCRATCH.sub("", text).splitlines() if line.strip()]
    return " ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))
