"""The table of settings: what each may be, and where it may be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edgeprof.agent.cuda.switches import COPIES
from edgeprof.agent.runtimes import RUNTIMES
from edgeprof.config.quantity import Batch, amount_of, batch_of, frame_of, gpu_of, warm_up_of
from edgeprof.core.destination import PATTERN, expect_no_password, is_destination
from edgeprof.core.errors import ConfigError
from edgeprof.core.resolution import FITS, NATIVE, Resolution, resolution_of
from edgeprof.core.stats.steady import WarmUp
from edgeprof.core.validity import ALLOWABLE
from edgeprof.documents import Node, quoted

PRECISIONS = ("fp32", "bf16", "fp16", "int8", "auto")
ACCEPTABLE = ("inconclusive", "near")
LARGEST_COUNT = 1_000_000_000


@dataclass(frozen=True)
class Kind:
    """How a value is written. `of_text` reads flags and the environment; of YAML's types, `in_yaml` are taken."""

    expected: str
    of_text: Callable[[str], Any]
    in_yaml: tuple[type, ...]
    schema: Mapping[str, Any]
    hint: str | None = None

    def read_text(self, text: str, name: str, where: str) -> Any:
        try:
            return self.of_text(text)
        except ConfigError as error:  # a resolution says better what it expected
            raise ConfigError(error.message, error.hint, where=where) from error
        except ValueError as error:
            raise ConfigError(f"{name} is {quoted(text)}, expected {self.expected}", self.hint, where=where) from error

    def read_node(self, node: Node) -> Any:
        if type(node.value) not in self.in_yaml:
            raise node.misfit(self.expected, _unit_hint(node) or (self.hint if str in self.in_yaml else None))
        # 1e3 and 0x10 are read by YAML; 6.10 where text is taken stays as typed
        text = node.raw if str in self.in_yaml else str(node.value)
        try:
            return self.of_text(text)
        except ConfigError as error:
            raise ConfigError(error.message, error.hint, where=node.where) from error
        except ValueError as error:
            raise node.misfit(self.expected, self.hint if str in self.in_yaml else None) from error


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("empty")
    return text.strip()


def _host(text: str) -> str:
    expect_no_password(text.strip())
    if not is_destination(text.strip()):
        raise ValueError("no host")
    return text.strip()


def _switch(text: str) -> bool:
    words = text.strip().lower()
    if words not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError("no switch")
    return words in ("1", "true", "yes", "on")


def _count(least: int) -> Kind:
    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= LARGEST_COUNT:
            raise ValueError("out of range")
        return number

    schema = {"type": "integer", "minimum": least, "maximum": LARGEST_COUNT}
    return Kind(f"a whole number from {least} to {LARGEST_COUNT}", read, (int,), schema)


def _choice(words: tuple[str, ...]) -> Kind:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError("unknown")
        return text

    return Kind(f"one of {', '.join(words)}", read, (str,), {"enum": list(words)})


def _choices(words: tuple[str, ...]) -> Kind:
    def read(text: str) -> frozenset[str]:
        chosen = frozenset(word.strip() for word in text.split(",") if word.strip())
        if not chosen or not chosen <= set(words):
            raise ValueError("unknown")
        return chosen

    return Kind(f"some of {', '.join(words)}, with commas", read, (), {})


def _seconds(text: str) -> float:
    seconds = amount_of(text, "s")
    if seconds <= 0:
        raise ValueError("not above 0")
    return seconds


def _resolution(text: str) -> tuple[Resolution, str]:
    """The text too: only it tells a portrait frame from a tensor's shape."""
    return resolution_of(text), text


def _unit_hint(node: Node) -> str | None:
    """For `max_duration_s: "300s"`: the number to write there."""
    unit = node.name.rpartition("_")[2]
    if not isinstance(node.value, str) or unit not in ("s", "ms", "mib"):
        return None
    try:
        return f"write {amount_of(node.value, unit):g}; the key already says {unit}"
    except ValueError:
        return None


TEXT = Kind("text", _text, (str,), {"type": "string", "pattern": "\\S"}, "a name; one like a number needs quotes")
HOST = Kind(
    "a host as ssh takes it",
    _host,
    (str,),
    {"type": "string", "pattern": f"^{PATTERN}$"},
    "write user@address, ssh://user@box:2222, or a Host of ~/.ssh/config",
)
WORD = Kind("a word or a number", _text, (str, int, float), {"type": ["string", "number"]})
SWITCH = Kind("true or false", _switch, (bool,), {"type": "boolean"})
SECONDS = Kind(
    "a number of seconds above 0",
    _seconds,
    (int, float),
    {"type": "number", "exclusiveMinimum": 0},
    "write 300s, 5m, 1.5h or bare seconds",
)
RES = Kind(
    "a frame, a size or a shape",
    _resolution,
    (str, int),
    {"type": ["string", "integer"]},
    "write 1080, 720p, 4k, 224, 1920x1080 (width x height), 1x3x1080x1920 or native",
)
FRAME = Kind(
    "uint8, alone or with a size",
    frame_of,
    (str,),
    {"type": "string", "pattern": "^\\s*[uU][iI][nN][tT]8(:\\S.*)?$"},
    "write uint8, or uint8:1920x1080 (width x height) for a frame that is not as large as the network's input",
)
BATCH = Kind(
    "a whole number from 1, or dynamic",
    batch_of,
    (int, str),
    {
        "type": ["integer", "string"],
        "minimum": 1,
        "pattern": "^\\s*([1-9]\\d*|[dD][yY][nN][aA][mM][iI][cC](:[1-9]\\d*)?)\\s*$",
    },
    "write 4, dynamic, or dynamic:4 for a graph that takes any batch and is run at 4",
)
GPU = Kind(
    "a number or a UUID", gpu_of, (int, str), {"type": ["integer", "string"]}, "write 1, GPU-8f6c or MIG-41b36624"
)
WARM_UP = Kind(
    "auto, a time or a number of iterations",
    warm_up_of,
    (str,),
    {"type": "string"},
    "write auto, 200ms, 2s or 20it",
)


@dataclass(frozen=True)
class Setting:
    """One row. `section` is where edgeprof.yaml has it, under `in_file` if that differs; None where it has it not."""

    key: str
    kind: Kind
    says: str
    built_in: Any = None
    section: str | None = ""
    in_file: str = ""
    on_device: bool = False
    in_environment: bool = True

    @property
    def file_key(self) -> str:
        return self.in_file or self.key

    @property
    def flag(self) -> str:
        return "--" + self.key.replace("_", "-")

    @property
    def variable(self) -> str:
        return "EDGEPROF_" + self.key.upper()


_DEVICES = (None, None, "", True)  # no built-in value, and in a file only under devices

SETTINGS = (
    Setting("model", TEXT, "a timm name, a path to an .onnx file, or package.module:factory"),
    Setting("res", RES, "what the camera gives: 1080 is a 1920x1080 frame, 224 a square", (NATIVE, "native"), "input"),
    Setting("batch", BATCH, "frames per inference; dynamic:4 makes a graph for any, run at 4", Batch(), "input"),
    Setting("features", SWITCH, "the feature pyramid instead of the classifier", False, "input"),
    Setting("frame", FRAME, "uint8: the graph takes the camera's own frames, NHWC", None, "input"),
    Setting("fit", _choice(FITS), "what becomes of an image whose size is not the network's", "pad", "input"),
    Setting("bgr", SWITCH, "the camera gives blue, green, red", False, "input"),
    Setting("device", TEXT, "local, user@host, a name under devices, or a profile with a host", "local"),
    Setting("host", HOST, "where the device is reached, as ssh takes it", section=None, on_device=True),
    Setting("profile", TEXT, "the profile that describes the machine, or its file", section=None, on_device=True),
    Setting("python", TEXT, "the interpreter on the device, if not the profile's", section=None, on_device=True),
    Setting("power_mode", WORD, "set while measuring, then put back, by sudo -n", section=None, on_device=True),
    Setting("lock_clocks", SWITCH, "lock the clocks for that time too, by sudo -n", False, None, on_device=True),
    Setting(
        "runtime",
        _choice(("auto", *RUNTIMES)),
        "what executes the artefact; auto races those installed",
        "auto",
        on_device=True,
    ),
    Setting(
        "precision", _choice(PRECISIONS), "what it computes in; auto takes the fastest faithful", "fp32", on_device=True
    ),
    Setting("weights", TEXT, "random, pretrained, or a checkpoint file", "random"),
    Setting("calibration", TEXT, "a folder of images that parity is taken over too, and int8's ranges"),
    Setting("threads", _count(1), "cpu threads; as many as the process may use where not given", on_device=True),
    Setting("copies", _choice(COPIES), "to and from the card: in a sample, out of it, or mapped", *_DEVICES),
    Setting("graph", SWITCH, "a CUDA graph where one can be made, which is usual", *_DEVICES),
    Setting("wait", _choice(("block", "spin")), "how the host waits for the card; block is usual", *_DEVICES),
    Setting("like", _choice(("trtexec",)), "copies, graph and wait as that tool has them", *_DEVICES),
    Setting("dla", _count(0), "that core of a Jetson's DLA instead of the GPU", *_DEVICES),
    Setting("gpu_fallback", SWITCH, "what the DLA cannot, the GPU may", False, *_DEVICES[1:]),
    Setting("gpu", GPU, "which card: a number as nvidia-smi counts, or a UUID's beginning", *_DEVICES),
    Setting("compile", SWITCH, "torch-cuda: by torch's compiler instead of eager", False, *_DEVICES[1:]),
    Setting("builds", _count(1), "so many builds of a plan take turns, a process each", 1, None),
    Setting("processes", _count(1), "fresh processes, each judged alone", 3, "sampling"),
    Setting("quick", SWITCH, "one process and shorter: for the desk, not for a gate", False, "sampling"),
    Setting(
        "max_duration",
        SECONDS,
        "seconds of sampling at most, all processes together",
        300.0,
        "sampling",
        "max_duration_s",
    ),
    Setting(
        "warmup", WARM_UP, "auto (until steady), a time such as 200ms, or iterations such as 20it", WarmUp(), "sampling"
    ),
    Setting("cool_down", SWITCH, "let the device cool down between candidates", True, "sampling"),
    Setting("duration", SECONDS, "sample exactly so long, with no verdict", section=None, in_environment=False),
    Setting(
        "iterations", _count(1), "take exactly so many samples, with no verdict", section=None, in_environment=False
    ),
    Setting("allow", _choices(ALLOWABLE), "findings that may not turn a FAIL into exit 4", frozenset(), None),
    Setting("accept", _choices(ACCEPTABLE), "what ends in exit 0 besides PASS", frozenset(), None),
    Setting("retries", _count(0), "further tries after exit 4", 0, None),
    Setting(
        "reuse",
        SECONDS,
        "take a saved measurement of an equal job in an equal environment, so old at most",
        section=None,
    ),
    Setting("lock_timeout", SECONDS, "seconds to wait for another measurement on the device", section=None),
    Setting("wait_for_device", SECONDS, "seconds to try again while the device is not reached", section=None),
)
REQUIRED = (
    Setting("power_mode", WORD, "the power mode the verdict is for"),
    Setting("jetpack", WORD, "the JetPack version the verdict is for"),
    Setting("clocks_locked", SWITCH, "whether clocks must be locked"),
)
ON_DEVICE = tuple(setting for setting in SETTINGS if setting.on_device)

# Keys that hold a list or a mapping instead of one value.
LISTS = {
    "": ("version", "candidates", "input", "sampling", "budget", "devices"),
    "input": ("shapes", "files"),
    "sampling": (),
    "device": ("budget", "require"),
}


def in_section(section: str) -> tuple[Setting, ...]:
    return ON_DEVICE if section == "device" else tuple(s for s in SETTINGS if s.section == section)


def known_keys(section: str) -> tuple[str, ...]:
    """Every key that may stand there."""
    return (*(setting.file_key for setting in in_section(section)), *LISTS[section])
