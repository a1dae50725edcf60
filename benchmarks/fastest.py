"""Whether edgeprof's artefact in its chosen runtime is the fastest way to run the model on this machine."""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from statistics import median

from benchmarks.app import command_of, median_of
from benchmarks.fresh import alone, heard
from benchmarks.pairs import Agreement, Gathered, clean, gather, rounds_of, share, tell
from benchmarks.product import Case, Subject, asked_for, subject
from benchmarks.table import Table, arguments_of
from benchmarks.torch_ways import WAYS

OURS, AUTO = "edgeprof fp32", "edgeprof auto"
PLAIN, CONVERTED, DEFAULTS = (
    "torch.onnx.export + onnxruntime",
    "convert_model + benchmark_app",
    "benchmark_app by default",
)
_SCREENINGS = 2
MODELS = (
    *("mobilenetv3_large_100", "resnet50", "efficientnet_b0"),
    *("convnext_tiny", "vit_tiny_patch16_224", "regnety_016"),
)
CASES = tuple(Case(model, res, "auto") for res in ("224", "1080") for model in MODELS)
_COLUMNS = ("case", "edgeprof's", "its ms", "beside", "its ms", "ratio", "clean pairs", "A/A within", "the others' ms")


def main() -> int:
    options = _parser().parse_args()
    table = Table("Fastest: p50 of alternated fresh processes", _COLUMNS)
    deadline = time.monotonic() + 60 * options.minutes
    wanted = asked_for(CASES, options.only)
    for place, case in enumerate(wanted):
        until = min(share(deadline, len(wanted) - place), time.monotonic() + 60 * options.case_minutes)
        _compare(case, options, until, table)
    table.notes += [
        f"each of the others runs in up to {_SCREENINGS} processes, the fastest of them then beside edgeprof's",
        "holds: in fp32 the median ratio at most 1, or within the largest deviation of an A/A pair,",
        "and with precision auto below 1, where that chose a narrower one",
        f"{DEFAULTS}: the same file in the precision that OpenVINO takes where none is named",
        f"at least {options.pairs} clean pairs of each kind, else given up; {options.seconds:g} s of sampling each",
    ]
    return table.conclude(options.record)


def _parser() -> ArgumentParser:
    parser = arguments_of("fastest", __doc__)
    parser.add_argument("--only", action="append", metavar="TEXT", help="only cases whose name holds this")
    parser.add_argument("--pairs", type=int, default=3, help="clean pairs wanted of each kind")
    parser.add_argument("--seconds", type=float, default=1.5, help="sampling in each process")
    parser.add_argument("--case-minutes", type=float, default=6.0, help="give a case up after so long")
    parser.add_argument("--minutes", type=float, default=40.0, help="shared out among the cases")
    return parser


def _compare(case: Case, options: Namespace, deadline: float, table: Table) -> None:
    if time.monotonic() >= deadline:
        table.add(case, "", "", "", "", "not measured", "", "", "no time was left")
        return
    begin = time.monotonic()
    with (
        subject(case.model, case.res, "auto") as single,
        subject(case.model, case.res, "auto", precision="auto") as auto,
        tempfile.TemporaryDirectory() as folder,
    ):
        ways = _ways(case, single, auto, options.seconds, Path(folder))
        others = [name for name in ways if name not in (OURS, AUTO, DEFAULTS)]
        until = begin + (deadline - begin) / 2
        screened = gather(ways, others, rounds_of(_SCREENINGS, len(others)), until, tell)
        if not screened.shots:
            table.add(case, "", "", "", "", "not measured", "", "", "no time was left")
            return
        best = min((shot.name for shot in screened.shots), key=lambda name: screened.p50_s(name) or inf)
        order = [best, OURS, OURS, best, AUTO, AUTO, DEFAULTS]
        gathered = gather(ways, order, _has_clean(options.pairs, best), deadline, tell)
    rest = ", ".join(f"{name} {screened.ms(name)}" for name in others)
    is_narrow = auto.prepared.job.precision != "fp32"
    add(table, case, gathered, (OURS, single), best, options.pairs, rest)
    add(table, case, gathered, (AUTO, auto), best, options.pairs, "", must_lead=is_narrow)
    add(table, case, gathered, (AUTO, auto), DEFAULTS, options.pairs, "")


def add(
    table: Table,
    case: Case,
    gathered: Gathered,
    ours: tuple[str, Subject],
    beside: str,
    fewest: int,
    rest: str,
    *,
    must_lead: bool = False,
) -> None:
    """A row: one of edgeprof's beside one of the others."""
    name, job = ours[0], ours[1].prepared.job
    agreement = gathered.agreement(name, beside)
    holds = judged(agreement, fewest, must_lead=must_lead)
    table.add(
        case,
        f"{name}: {job.runtime} {job.precision}",
        gathered.ms(name),
        beside,
        gathered.ms(beside),
        f"{agreement.ratio:.4f}" if agreement.ratios else "not measured",
        f"{len(agreement.ratios)} of {len(gathered.of(name, beside))}",
        f"{agreement.noise:.1%}" if agreement.alike else "",
        rest,
        holds=holds,
    )
    if holds is None:
        table.notes.append(f"{case}, {name} beside {beside}: given up, its time was spent")


def judged(agreement: Agreement, fewest: int, *, must_lead: bool) -> bool | None:
    """None where there are too few clean pairs to say."""
    if not agreement.alike or len(agreement.ratios) < fewest:
        return None
    return agreement.ratio < 1 if must_lead else agreement.is_no_slower()


def _has_clean(wanted: int, best: str) -> Callable[[Gathered], bool]:
    kinds = ((OURS, best), (OURS, OURS), (AUTO, best), (AUTO, AUTO), (AUTO, DEFAULTS))
    return lambda gathered: all(len(clean(gathered.of(*names))) >= wanted for names in kinds)


def _ways(case: Case, single: Subject, auto: Subject, seconds: float, folder: Path) -> dict[str, Callable[[], float]]:
    """The last is not one of the others: it is not at equal precision."""

    def fresh(module: str, *arguments: str) -> Callable[[], float]:
        return lambda: alone(lambda: median(heard(module, *arguments)["latencies_s"]))

    def ours(found: Subject) -> Callable[[], float]:
        return lambda: median(found.measure(seconds).samples_s)

    (file,) = single.save_inputs(folder).values()
    plain, converted = folder / "plain.onnx", folder / "converted.xml"
    name = heard("benchmarks.plain_export", "onnx", case.model, case.res, str(plain))["input"]
    image = heard("benchmarks.plain_export", "openvino", case.model, case.res, str(converted))["input"]
    apps = {
        precision: command_of(
            str(converted), {image: file}, seconds, folder, threads=single.threads, precision=precision
        )
        for precision in ("fp32", "auto")
    }
    return {
        **{f"torch {way}": fresh("benchmarks.torch_ways", way, case.model, case.res, str(seconds)) for way in WAYS},
        PLAIN: fresh("benchmarks.bare", "onnxruntime-defaults", str(plain), "0", str(seconds), f"{name}={file}"),
        CONVERTED: _app(apps["fp32"]),
        OURS: ours(single),
        AUTO: ours(auto),
        DEFAULTS: _app(apps["auto"]),
    }


def _app(command: Sequence[str]) -> Callable[[], float]:
    return lambda: alone(lambda: median_of(command))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
