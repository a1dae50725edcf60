"""Why TensorRT refused: which operator, in its own words, and what can be done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, List, Sequence, Tuple

from edgeprof.agent.trt.library import Library
from edgeprof.agent.trt.log import BuildLog
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.agent.trt.surface import Surface
from edgeprof.core.errors import ConvertError, EdgeprofError, RuntimeUnavailable

# ModelImporter.cpp:771: While parsing node number 0 [Col2Im -> "y"]:
_LOGGED_NODE = re.compile(r'While parsing node number (\d+) \[(\S+) -> "([^"]*)"')
# CUDA initialization failure with error: 35
_NO_DRIVER = re.compile(r"CUDA initialization failure|no CUDA-capable device|CUDA driver version is insufficient", re.I)
NO_MEMORY = re.compile(r"OutOfMemory|out of memory|insufficient memory|could not be allocated|bad_alloc", re.I)
# Tactic Selection: no tactics to implement the operation within workspace limit.
_NO_WORKSPACE = re.compile(r"within workspace limit|insufficient workspace", re.I)
# Could not find any implementation for node {ForeignNode[/blocks.0/Conv...]}.
# Cannot compile operation 'head_0' for Turing (SM75): FP32 GEMM is not supported.
_NO_KERNEL = re.compile(
    r"Could not find any implementation for node ([^\s].*?)\.?\)?$|Cannot compile operation (.+?)\.(?: In |\)|$)", re.M
)
# !isTraining && "This version of TensorRT does not support training_mode == 1 in BatchNormalization."
_CONDITION = re.compile(r'^[^"]*&& "(.+)"$')
# In checkType at /_src/optimizer/common/nodeBase.cpp:456
_PLACE = re.compile(r"\s*In \w+ at /\S+:\d+")
# [checkMacros.cpp::catchCudaError::250] Error Code 1: Cuda Runtime (...): said beside any error where there is no card.
_ASIDE = re.compile(r"\s*\[checkMacros\.cpp::catchCudaError::\d+\].*$")

# Operator and reason, and what to do about them; the first that fits.
_HINTS: Tuple[Tuple[str, str, str], ...] = (
    ("QuantizeLinear|DequantizeLinear", "Int32", "quantize without biases: QuantizeBias=False, symmetric int8"),
    ("Resize", "ntialias", "export at a fixed size, so that nothing is resized while it runs: --res, no dynamic size"),
    ("BatchNormalization", "raining", "export it again in eval mode"),
)


@dataclass(frozen=True)
class Complaint:
    """One of the parser's errors; an empty name is one that it did not give."""

    code: str
    operator: str
    node: str
    reason: str

    def __str__(self) -> str:
        where = f'{self.operator or "a node"} "{self.node}"' if self.operator or self.node else "the file"
        return f"{where}: {self.reason}"

    @property
    def hint(self) -> str:
        for operator, reason, hint in _HINTS:
            if re.fullmatch(operator, self.operator) and re.search(reason, self.reason):
                return hint
        if self.operator and (self.code.startswith("UNSUPPORTED") or "Plugin not found" in self.reason):
            return f"use --runtime onnxruntime, or a model without {self.operator}"
        return "use --runtime onnxruntime, or export the model again"


def complaints(parser: Any, surface: Surface, log: BuildLog) -> List[Complaint]:
    logged = [match for match in map(_LOGGED_NODE.search, log.errors) if match]
    found = []
    for index in range(parser.num_errors):
        error = parser.get_error(index)
        if surface.names_nodes:
            operator, node = error.node_operator(), error.node_name()
        else:
            same = [match for match in logged if int(match.group(1)) == error.node()]
            operator, node = (same[0].group(2), same[0].group(3)) if same else ("", "")
        found.append(Complaint(error.code().name, operator, node, _reason(error.desc())))
    return found


def parse_refusal(library: Library, found: Sequence[Complaint], log: BuildLog) -> ConvertError:
    if not found:
        return ConvertError(f"{library} does not read the file: {log.last}", "use --runtime onnxruntime")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ConvertError(f"{library} refuses {found[0]}{more}", found[0].hint)


def build_refusal(library: Library, order: BuildOrder, log: BuildLog) -> EdgeprofError:
    """What a build that gave nothing means to the user."""
    said = "\n".join(log.errors)
    if _NO_DRIVER.search(said) and not order.compute_capability:
        return no_driver(library, log)
    if NO_MEMORY.search(said):
        return ConvertError(
            f"{library} ran out of memory while building: {_first(NO_MEMORY, log)}",
            "use a lower --res or --batch, a smaller workspace, or end what else uses the card",
        )
    if _NO_WORKSPACE.search(said):
        limit = "the card's memory" if order.workspace_bytes is None else f"{order.workspace_bytes} bytes"
        return ConvertError(
            f"{library} cannot build the plan within a workspace of {limit}", "allow it more, or leave the limit out"
        )
    kernel = _NO_KERNEL.search(said)
    if kernel:
        return ConvertError(
            f"{library} has no kernel for {kernel.group(1) or kernel.group(2)}",
            "use another --precision or --res, or --runtime onnxruntime",
        )
    return ConvertError(f"{library} did not build the plan: {log.last}", "use --runtime onnxruntime")


def no_driver(library: Library, log: BuildLog) -> RuntimeUnavailable:
    return RuntimeUnavailable(
        f"{library} finds no NVIDIA card that it can use: {log.last}",
        "install the driver, build on the device, or with tensorrt_rtx name the card's compute capability",
    )


def _reason(words: str) -> str:
    """The parser's reason without its source lines, and without what it says of the machine."""
    line = _PLACE.sub("", _ASIDE.sub("", " ".join(words.split())))
    condition = _CONDITION.match(line)
    if condition:
        return condition.group(1)
    return "the parser does not know it" if line in ("", "false") else line


def _first(pattern: Any, log: BuildLog) -> str:
    return next(words for words in log.errors if pattern.search(words)).strip()[:300]
