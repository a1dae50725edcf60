"""The flags that several commands share, declared once."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

Models = Annotated[
    Optional[list[str]],
    typer.Argument(
        metavar="[MODEL]...",
        help="A timm name, a path to an .onnx file, or package.module:factory. Without one, edgeprof.yaml's model.",
    ),
]
Config = Annotated[
    Optional[str],
    typer.Option("--config", metavar="FILE", help="The request file. Default: the nearest edgeprof.yaml upwards."),
]
Device = Annotated[
    Optional[str],
    typer.Option(
        "--device",
        metavar="NAME",
        help="local (default), gpu[:N], user@host, a configured name, or a profile with --host.",
    ),
]
Host = Annotated[
    Optional[str], typer.Option("--host", metavar="HOST", help="Where it is reached, as ssh takes it: user@address.")
]
Profile = Annotated[
    Optional[str],
    typer.Option("--profile", metavar="NAME", help="What kind of device it is: a profile's name or file."),
]
Python = Annotated[
    Optional[str],
    typer.Option(
        "--python", metavar="FILE", help="The interpreter on the device. Default: the profile's, else python3."
    ),
]
PowerMode = Annotated[
    Optional[str],
    typer.Option("--power-mode", metavar="NAME", help="Set it while measuring, then put it back, by sudo -n."),
]
LockClocks = Annotated[
    Optional[bool],
    typer.Option(
        "--lock-clocks/--no-lock-clocks", help="Lock the clocks while measuring, then put them back, by sudo -n."
    ),
]
WaitForDevice = Annotated[
    Optional[str],
    typer.Option("--wait-for-device", metavar="TIME", help="Try again for so long if it is not reached: 5m."),
]
CoolDown = Annotated[
    Optional[bool],
    typer.Option("--cool-down/--no-cool-down", help="Let the device cool down between candidates. Default: yes."),
]
Res = Annotated[
    Optional[str],
    typer.Option(
        "--res",
        metavar="RES",
        help="1080 (a frame, width x height 1920x1080), 720p, 224, 640x480, 1x3x224x224, native.",
    ),
]
Batch = Annotated[
    Optional[str],
    typer.Option("--batch", metavar="N", help="Frames an inference, 1 as a rule; dynamic[:N] for any batch, run at N."),
]
Features = Annotated[
    Optional[bool],
    typer.Option(
        "--features/--classifier", help="The feature pyramid instead of the classifier, of a timm model or a factory's."
    ),
]
Frame = Annotated[
    Optional[str],
    typer.Option(
        "--frame", metavar="uint8[:WxH]", help="Take the camera's frames, NHWC; of that size, else the network's."
    ),
]
Fit = Annotated[
    Optional[str],
    typer.Option(
        "--fit",
        metavar="HOW",
        help="What becomes of an image of another size than the network's: pad (default), resize, crop.",
    ),
]
Bgr = Annotated[Optional[bool], typer.Option("--bgr/--rgb", help="The camera's order of channels. Default: rgb.")]
Shape = Annotated[
    Optional[list[str]], typer.Option("--shape", metavar="NAME:1x3x224x224", help="Bind one input's shape. Repeatable.")
]
Input = Annotated[
    Optional[list[str]],
    typer.Option("--input", metavar="NAME=FILE.npy", help="Feed one input from a file. Repeatable."),
]
Runtime = Annotated[
    Optional[str],
    typer.Option(
        "--runtime",
        metavar="NAME",
        help="auto (race those installed), onnxruntime, openvino, torch; on a card tensorrt, onnxruntime-cuda, "
        "onnxruntime-tensorrt, torch-cuda.",
    ),
]
Precision = Annotated[
    Optional[str],
    typer.Option(
        "--precision",
        metavar="NAME",
        help="fp32, bf16, fp16, int8, or auto: the fastest equal. Default the profile's, else fp32.",
    ),
]
Weights = Annotated[
    Optional[str],
    typer.Option("--weights", metavar="WHICH", help="random (default), pretrained, or a checkpoint FILE."),
]
Calibration = Annotated[
    Optional[str],
    typer.Option("--calibration", metavar="DIR", help="Images, for parity and int8's ranges. Without: random ones."),
]
Threads = Annotated[
    Optional[int], typer.Option("--threads", metavar="N", help="Default: the affinity mask, cut to the cgroup's quota.")
]
Gpu = Annotated[
    Optional[str],
    typer.Option(
        "--gpu", metavar="N|UUID", help="Which card: as nvidia-smi counts, or GPU-... or MIG-..., or its beginning."
    ),
]
Copies = Annotated[
    Optional[str],
    typer.Option(
        "--copies", metavar="HOW", help="On a card: in the sample (default), out of it, or mapped: zero copy."
    ),
]
Graph = Annotated[
    Optional[bool],
    typer.Option("--graph/--no-graph", help="A CUDA graph where one can be made. Default: for TensorRT."),
]
Wait = Annotated[
    Optional[str],
    typer.Option("--wait", metavar="HOW", help="On a card: block (default) or spin until it is done."),
]
Like = Annotated[
    Optional[str],
    typer.Option("--like", metavar="TOOL", help="trtexec: copies, graph and wait as that version has them."),
]
Dla = Annotated[Optional[int], typer.Option("--dla", metavar="N", help="TensorRT: that core of a Jetson's DLA.")]
GpuFallback = Annotated[Optional[bool], typer.Option("--gpu-fallback", help="What the DLA cannot, the GPU may.")]
Compile = Annotated[Optional[bool], typer.Option("--compile/--eager", help="torch-cuda: compiled. Default: eager.")]
Builds = Annotated[
    Optional[int],
    typer.Option("--builds", metavar="N", help="TensorRT: build so often; the plans take turns. Default 1."),
]
P99 = Annotated[Optional[str], typer.Option("--p99", metavar="MS", help="p99 latency limit: 33.3, 33ms or 0.033s.")]
P95 = Annotated[Optional[str], typer.Option("--p95", metavar="MS", help="p95 latency limit.")]
P90 = Annotated[Optional[str], typer.Option("--p90", metavar="MS", help="p90 latency limit.")]
P50 = Annotated[Optional[str], typer.Option("--p50", metavar="MS", help="p50 latency limit.")]
Fps = Annotated[Optional[str], typer.Option("--fps", metavar="N", help="Least frames a second.")]
Memory = Annotated[Optional[str], typer.Option("--memory", metavar="MIB", help="Peak memory limit: 900 or 1.5GiB.")]
Load = Annotated[Optional[str], typer.Option("--load", metavar="S", help="Load time limit.")]
Size = Annotated[Optional[str], typer.Option("--size", metavar="MIB", help="Artefact size limit.")]
Limit = Annotated[
    Optional[list[str]],
    typer.Option("--limit", metavar="KEY=VALUE", help="Any limit by its key: p99.9_ms=40. Repeatable."),
]
Processes = Annotated[Optional[int], typer.Option("--processes", metavar="N", help="Fresh processes. Default 3.")]
Quick = Annotated[
    Optional[bool], typer.Option("--quick", help="One process, seconds: for the desk, assumes independent samples.")
]
Warmup = Annotated[Optional[str], typer.Option("--warmup", metavar="RULE", help="auto (until steady), 200ms, or 20it.")]
MaxDuration = Annotated[
    Optional[str],
    typer.Option("--max-duration", metavar="TIME", help="Most sampling in all, without warm-up. Default 300s."),
]
Allow = Annotated[
    Optional[list[str]],
    typer.Option(
        "--allow",
        metavar="NAME",
        help="A FAIL stands in spite of this finding: foreign-load, steal, cgroup-throttling, swap, "
        "thermal-throttling, over-current, under-voltage, gpu-shared, canary.",
    ),
]
Accept = Annotated[
    Optional[list[str]],
    typer.Option("--accept", metavar="WORD", help="Exit 0 for inconclusive or near too. Repeatable."),
]
Retries = Annotated[
    Optional[int], typer.Option("--retries", metavar="N", help="Measure again when the environment was invalid.")
]
Reuse = Annotated[
    Optional[str],
    typer.Option("--reuse", metavar="TIME", help="Take a saved measurement of an equal job here, if no older."),
]
LockTimeout = Annotated[
    Optional[str],
    typer.Option("--lock-timeout", metavar="TIME", help="Most time to wait for the device. Default: for ever."),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Where parity fails, look for the operator at which it begins.")
]
Verify = Annotated[bool, typer.Option("--verify", help="Read the whole cached artefact and compare its digest.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the verdict.")]
Json = Annotated[Optional[str], typer.Option("--json", metavar="FILE", help="Write JSON; - is stdout.")]
Junit = Annotated[Optional[str], typer.Option("--junit", metavar="FILE", help="Write JUnit XML; - is stdout.")]
Markdown = Annotated[Optional[str], typer.Option("--markdown", metavar="FILE", help="Write Markdown; - is stdout.")]
