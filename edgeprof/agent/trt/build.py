"""An ONNX file becomes a plan: parsed, its precision read, built, written, described."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Optional, Sequence

from edgeprof.agent.trt import timing
from edgeprof.agent.trt.library import load
from edgeprof.agent.trt.log import BuildLog, logger_to
from edgeprof.agent.trt.network import (
    expect_reached,
    inputs_of,
    layers_of,
    outputs_of,
    parse,
    precisions_of,
)
from edgeprof.agent.trt.order import BuildOrder, Built, ShapeRange, capability_of, expect_sound
from edgeprof.agent.trt.progress import Hear, monitor_to
from edgeprof.agent.trt.refusal import build_refusal, no_driver
from edgeprof.agent.trt.surface import Surface
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.files import DISK_IS_FULL, digest_of_bytes, write_atomically
from edgeprof.core.job import Tensor


@dataclass(frozen=True)
class Tools:
    """What a build works with."""

    surface: Surface
    log: BuildLog
    logger: Any
    builder: Any


def build(
    order: BuildOrder, onnx: Path, to: Path, timings: Optional[Path] = None, hear: Optional[Hear] = None
) -> Built:
    """Build the plan of an ONNX file and write it; `timings` is a file that earlier builds left, or will be.

    A crash of the builder's takes this process with it, and a large graph its memory: call it in one of its own.
    """
    started = time.monotonic()
    expect_sound(order)
    tools = tools_for(order)
    surface, log = tools.surface, tools.log
    parsed = parse(tools.builder, tools.logger, str(onnx), surface, log)
    layers = layers_of(parsed.network)
    if surface.strongly_typed:
        expect_reached(order.precision, layers)
    inputs = inputs_of(parsed.network)
    config = surface.config_of(tools.builder, order)
    _set_shapes(tools.builder, config, [*order.shapes, *_bound(order, inputs)], inputs)
    if hear is not None and surface.tells_progress:
        config.progress_monitor = monitor_to(hear, surface.trt)
    reused = _attach(surface, config, timings, order)
    plan = tools.builder.build_serialized_network(parsed.network, config)
    if plan is None:
        raise build_refusal(surface.library, order, log)
    if timings is not None and reused is not None:
        timing.keep(config, timings)
    content = bytes(plan)
    _write(to, content)
    return Built(
        library=surface.library,
        compute_capability=capability_of(order.compute_capability) if order.compute_capability else None,
        precision=order.precision,
        precisions=precisions_of(layers),
        strongly_typed=surface.strongly_typed,
        tf32=surface.tf32_of(config),
        inputs=inputs,
        outputs=outputs_of(parsed.network),
        layers=layers,
        digest=digest_of_bytes(content),
        size_bytes=len(content),
        seconds=time.monotonic() - started,
        dla_layers=None if order.dla is None else _on_dla(config, parsed.network),
        timings_reused=reused,
        warnings=tuple(log.warnings),
        **log.figures,
    )


def tools_for(order: BuildOrder) -> Tools:
    """A builder of the library that the order asks for; an error where there is none, or it cannot do what is asked."""
    library, trt = load(order.library)
    surface = Surface(library, trt)
    surface.expect_able(order)
    log = BuildLog()
    logger = logger_to(log, trt)
    try:
        return Tools(surface, log, logger, trt.Builder(logger))
    except (TypeError, RuntimeError) as error:  # the binding's way of saying that the library gave it nothing
        raise no_driver(library, log) from error


def _bound(order: BuildOrder, inputs: Sequence[Tensor]) -> List[ShapeRange]:
    ranged = {shape.name for shape in order.shapes}
    varying = {tensor.name for tensor in inputs if -1 in tensor.shape} - ranged
    return [ShapeRange(name, shape, shape, shape) for name, shape in order.bound if name in varying]


def _on_dla(config: Any, network: Any) -> int:
    return sum(bool(config.can_run_on_DLA(network.get_layer(index))) for index in range(network.num_layers))


def _set_shapes(builder: Any, config: Any, shapes: Sequence[ShapeRange], inputs: Sequence[Tensor]) -> None:
    """Each input of varying shape needs its range; one of fixed shape can have none."""
    varying = [tensor for tensor in inputs if -1 in tensor.shape]
    given = {shape.name: shape for shape in shapes}
    for tensor in varying:
        if tensor.name not in given:
            raise ConfigError(f"{tensor} varies, and no range is given for it", f"--shape {tensor.name}:1x3x224x224")
    for name in given:
        if name not in {tensor.name for tensor in varying}:
            known = ", ".join(tensor.name for tensor in varying) or "there is none"
            raise ConfigError(f'"{name}" is no input of varying shape', f"inputs of varying shape: {known}")
    if varying:
        profile = builder.create_optimization_profile()
        for shape in shapes:
            _fits(shape, next(tensor for tensor in varying if tensor.name == shape.name))
            profile.set_shape(shape.name, shape.least, shape.best, shape.most)
        config.add_optimization_profile(profile)


def _fits(shape: ShapeRange, tensor: Tensor) -> None:
    for sizes in (shape.least, shape.best, shape.most):
        fixed = [(size, length) for size, length in zip(sizes, tensor.shape) if length != -1]
        if len(sizes) != len(tensor.shape) or any(size != length for size, length in fixed):
            raise ConfigError(f"{sizes} does not fit {tensor}", "change only the lengths that are -1")


def _attach(surface: Surface, config: Any, timings: Optional[Path], order: BuildOrder) -> Optional[bool]:
    """Whether timings were reused; None where the builder keeps none, or none are wanted."""
    # Several builds are made to see how they differ, and with the first one's timings they would not.
    if timings is None or not surface.keeps_timings or order.number > 0:
        return None
    return timing.attach(config, timings)


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        if error.errno in DISK_IS_FULL:
            raise ConvertError(
                f'no space left for a plan of {len(content)} bytes in "{path.parent}"', "free some space there"
            ) from error
        raise ConvertError(
            f'the plan cannot be written to "{path}": {error.strerror}', "name a folder that can be written"
        ) from error
