"""Every architecture of timm through `edgeprof convert`: exported, proved on two runtimes, built into a plan."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.capped import Cap
from benchmarks.conversions import CAPABILITY, Conversion, Form, converted
from benchmarks.defects import AT_1080, AT_OWN_SIZE, Known, failures, mended, unknown
from benchmarks.fresh import ROOT, heard
from benchmarks.state import State, content_of
from benchmarks.table import Table, arguments_of
from edgeprof.convert.sources import resolve
from edgeprof.core.codec import plain, restore
from edgeprof.core.files import digest_of_json
from edgeprof.core.installed import installed_version

_LIBRARIES = ("torch", "timm", "onnx", "onnxscript", "onnxruntime", "openvino", "tensorrt-rtx-cu13-bindings")
_CONVERTING = ("edgeprof/convert", "edgeprof/agent/runtimes", "edgeprof/agent/trt")
_MIB, _GIB = 1 << 20, 1 << 30
_COLUMNS = (
    *("asked", "model", "input", "size policy", "nodes", "L2 onnxruntime", "L2 openvino", "sensitivity"),
    *("plan: activations + weights MiB, layers", "s", "peak GiB", "remarks"),
)
# The families that people name, at a production resolution.
NAMED = (
    *("resnet18", "resnet50", "resnet101", "resnet152", "resnext50_32x4d"),
    *("mobilenetv2", "mobilenetv3_small", "mobilenetv3_large", "mobilenetv4_small"),
    *("efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4"),
    *("efficientnetv2_s", "regnety_016", "regnety_160", "convnext_tiny", "convnext_base"),
    *("vit_tiny", "vit_small", "vit_base", "deit_tiny", "deit_small", "deit_base"),
    *("swin_tiny", "swin_small", "swin_base", "swinv2_tiny", "swinv2_small", "swinv2_base"),
    *("dinov2_small", "dinov2_base", "vit_base_patch32_clip_224", "vit_base_patch16_clip_224", "resnet50_clip"),
    *("mobilevit_s", "mobilevitv2_100", "repvit_m1", "fastvit_t8", "fastvit_s12"),
    *("efficientformer_l1", "efficientformerv2_s0", "edgenext_small", "hrnet_w18", "densenet121"),
    *("vgg16", "inception_v3", "inception_v4", "inception_next_tiny"),
)


_TITLES = {
    "own": "the smallest model of each of timm's modules, at its own size",
    "1080": "models by name, at 1080x1920",
}


def main() -> int:
    options = _parser().parse_args()
    cap = Cap(int(options.memory * _GIB), options.minutes * 60)
    versions = {name: installed_version(name) for name in _LIBRARIES}
    content = content_of(ROOT, _CONVERTING)
    state = State(options.state, digest_of_json([versions, content, plain(cap)]))
    res, known = ("native", AT_OWN_SIZE) if options.at == "own" else (options.at, AT_1080)
    table = Table(f"Coverage: {_TITLES[options.at]}", _COLUMNS)
    for asked, conversion in conversions(_models(options), res, cap, state, options.jobs):
        add(table, asked, conversion, known)
    table.notes += [
        f"{', '.join(f'{name} {version}' for name, version in versions.items())}; content of edgeprof: {content[:12]}",
        "L2: relative L2 distance from torch in fp32; sensitivity: that between two inputs; random weights throughout",
        f"plan: parsed and built by TensorRT's own parser and builder for compute capability {CAPABILITY}, never run",
        f"each form's process may hold {options.memory:g} GiB with all that it starts, watched ten times a second,",
        f"and may take {options.minutes:g} min; s: of all forms, out of an empty cache; peak: of the largest",
        "holds: no form fails, or those that do are in benchmarks/defects.py",
    ]
    return table.conclude(options.record)


def conversions(
    models: Mapping[str, str], res: str, cap: Cap, state: State, jobs: int
) -> Iterator[tuple[str, Conversion]]:
    """What was asked for and what became of it, in that order, so many at once."""

    def one(model: str) -> Conversion:
        return restore(Conversion, state.of(f"{model}@{res}", lambda: plain(converted(model, res, cap))))

    pool = ThreadPoolExecutor(jobs)
    try:
        yield from zip(models, pool.map(one, models.values()), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def add(table: Table, asked: str, conversion: Conversion, known: Known) -> None:
    """One row; an entry of the table of defects that is out of date becomes a note."""
    failed = failures(conversion)
    forms = {form.name: form for form in conversion.forms if form.error is None}
    told = next(iter(forms.values()), None)
    remarks = [
        *(f"{form}: {error}" for form, error in failed.items()),
        *(forms["onnx"].notes if "onnx" in forms else ()),
    ]
    table.add(
        asked,
        resolve(conversion.model).name,
        "x".join(map(str, told.shape)) if told else "",
        told.card.get("size_policy", "") if told else "",
        told.card.get("nodes", "") if told else "",
        *(_distance(forms.get(form), form in failed) for form in ("onnx", "openvino")),
        f"{told.sensitivity:.2g}" if told and told.sensitivity is not None else "",
        _plan(forms.get("tensorrt"), "tensorrt" in failed),
        f"{conversion.seconds:.0f}",
        f"{conversion.peak_bytes / _GIB:.1f}",
        "; ".join(remarks),
        holds=not unknown(asked, conversion, known),
    )
    table.notes += mended(asked, conversion, known)


def _distance(form: Form | None, has_failed: bool) -> str:
    if form is None or form.relative_l2 is None:
        return "FAILS" if has_failed else ""
    return f"{form.relative_l2:.1e}"


def _plan(form: Form | None, has_failed: bool) -> str:
    if form is None:
        return "FAILS" if has_failed else ""
    sizes = [f"{int(form.card[key]) / _MIB:.1f}" for key in ("activation_bytes", "weights_bytes") if key in form.card]
    return f"{' + '.join(sizes)}, {form.card.get('layers by precision', '')}"


def _models(options: Namespace) -> dict[str, str]:
    """What is asked for, and the model that it means."""
    if options.at == "own":
        there = State(options.state, f"timm {installed_version('timm')}")
        models: dict[str, str] = there.of("smallest", lambda: heard("benchmarks.smallest"))
    else:
        models = {name: name for name in NAMED}
    only = options.only.split(",") if options.only else list(models)
    unheard = sorted(set(only) - set(models))
    if unheard:
        raise SystemExit(f"not among those at {options.at}: {', '.join(unheard)}")
    return {name: models[name] for name in only}


def _parser() -> ArgumentParser:
    parser = arguments_of("coverage", __doc__)
    parser.add_argument("--at", choices=tuple(_TITLES), default="own", help="every module, or some names at 1080x1920")
    parser.add_argument("--only", metavar="NAME,...", help="these modules, or names, alone")
    parser.add_argument("--jobs", type=int, default=1, help="models at once")
    parser.add_argument("--memory", type=float, default=12.0, metavar="GIB", help="the most that one model may hold")
    parser.add_argument("--minutes", type=float, default=20.0, help="the most that one form may take")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep there what is finished, and go on from there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
