"""Drivers' libraries that answer with recorded values: as functions of C made in Python, and as C to be compiled.

Both are called the way the true library is. `H200` is laid out as an H200 of driver 570 answers; `THOR` as a GB10 was
recorded (XuehaiPan/nvitop pull 208, vllm pull 55828), whose driver is Thor's: no memory of its own, and yet each
process's.
"""

from __future__ import annotations

import ctypes
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.nvml.library import NAME, Function, Library

MIB, GIB = 1 << 20, 1 << 30
LOGGED = {"nvmlInit_v2": "i", "nvmlShutdown": "s"}

# h: a card's handle and u: a number, by both of which an answer is chosen; o: what is written to; l: its length.
SIGNATURES = {
    "nvmlInit_v2": "",
    "nvmlInit": "",
    "nvmlShutdown": "",
    "nvmlSystemGetDriverVersion": "ol",
    "nvmlSystemGetNVMLVersion": "ol",
    "nvmlDeviceGetCount_v2": "o",
    "nvmlDeviceGetHandleByIndex_v2": "uo",
    "nvmlDeviceGetUUID": "hol",
    "nvmlDeviceGetName": "hol",
    "nvmlDeviceGetMemoryInfo_v2": "ho",
    "nvmlDeviceGetMemoryInfo": "ho",
    "nvmlDeviceGetCudaComputeCapability": "hoo",
    "nvmlDeviceGetMigMode": "hoo",
    "nvmlDeviceGetMaxMigDeviceCount": "ho",
    "nvmlDeviceGetMigDeviceHandleByIndex": "huo",
    "nvmlDeviceGetClockInfo": "huo",
    "nvmlDeviceGetTemperatureV": "ho",
    "nvmlDeviceGetTemperature": "huo",
    "nvmlDeviceGetPowerUsage": "ho",
    "nvmlDeviceGetTotalEnergyConsumption": "ho",
    "nvmlDeviceGetUtilizationRates": "ho",
    "nvmlDeviceGetCurrentClocksEventReasons": "ho",
    "nvmlDeviceGetCurrentClocksThrottleReasons": "ho",
    "nvmlDeviceGetViolationStatus": "huo",
    "nvmlDeviceGetAccountingStats": "huo",
    "nvmlDeviceGetComputeRunningProcesses_v3": "hoo",
    "nvmlDeviceGetComputeRunningProcesses_v2": "hoo",
    "nvmlDeviceGetComputeRunningProcesses": "hoo",
    "nvmlDeviceGetGraphicsRunningProcesses_v3": "hoo",
}
# How much fits into each place: what a driver knows by the version that it is asked for.
ROOM = {
    "nvmlSystemGetDriverVersion": (96,),
    "nvmlSystemGetNVMLVersion": (96,),
    "nvmlDeviceGetCount_v2": (4,),
    "nvmlDeviceGetHandleByIndex_v2": (8,),
    "nvmlDeviceGetUUID": (96,),
    "nvmlDeviceGetName": (96,),
    "nvmlDeviceGetMemoryInfo_v2": (40,),
    "nvmlDeviceGetMemoryInfo": (24,),
    "nvmlDeviceGetCudaComputeCapability": (4, 4),
    "nvmlDeviceGetMigMode": (4, 4),
    "nvmlDeviceGetMaxMigDeviceCount": (4,),
    "nvmlDeviceGetMigDeviceHandleByIndex": (8,),
    "nvmlDeviceGetClockInfo": (4,),
    "nvmlDeviceGetTemperatureV": (12,),
    "nvmlDeviceGetTemperature": (4,),
    "nvmlDeviceGetPowerUsage": (4,),
    "nvmlDeviceGetTotalEnergyConsumption": (8,),
    "nvmlDeviceGetUtilizationRates": (8,),
    "nvmlDeviceGetCurrentClocksEventReasons": (8,),
    "nvmlDeviceGetCurrentClocksThrottleReasons": (8,),
    "nvmlDeviceGetViolationStatus": (16,),
    "nvmlDeviceGetAccountingStats": (56,),
    "nvmlDeviceGetComputeRunningProcesses_v3": (4, 128 * 32),
    "nvmlDeviceGetComputeRunningProcesses_v2": (4, 128 * 32),
    "nvmlDeviceGetComputeRunningProcesses": (4, 128 * 32),
    "nvmlDeviceGetGraphicsRunningProcesses_v3": (4, 128 * 32),
}
_TYPES = {"h": ctypes.c_void_p, "u": ctypes.c_uint, "o": ctypes.c_void_p, "l": ctypes.c_uint}

Answer = Tuple[int, Sequence[bytes]]  # the code, and what is written to each place
Answers = Dict[Tuple[Any, ...], Answer]  # by the function's name, its handle and its numbers


def u32(*values: int) -> bytes:
    return struct.pack(f"={len(values)}I", *values)


def u64(*values: int) -> bytes:
    return struct.pack(f"={len(values)}Q", *values)


def handle(number: int) -> bytes:
    return struct.pack("=Q", number)


def listed(*processes: Tuple[int, int], stride: int = 24) -> Sequence[bytes]:
    """Numbers and bytes of processes as one of the three layouts has them."""
    ends = {16: b"", 24: u32(0xFFFFFFFF, 0xFFFFFFFF), 32: u32(0xFFFFFFFF, 0xFFFFFFFF) + u64(0)}
    return [u32(len(processes)), b"".join(struct.pack("=IxxxxQ", *one) + ends[stride] for one in processes)]


def a_driver(version: bytes, nvml: bytes, cards: int) -> Answers:
    answers: Answers = {
        ("nvmlInit_v2",): (0, []),
        ("nvmlShutdown",): (0, []),
        ("nvmlSystemGetDriverVersion",): (0, [version]),
        ("nvmlSystemGetNVMLVersion",): (0, [nvml]),
        ("nvmlDeviceGetCount_v2",): (0, [u32(cards)]),
    }
    for index in range(cards):
        answers["nvmlDeviceGetHandleByIndex_v2", index] = (0, [handle(index + 1)])
    return answers


def a_card(number: int, name: bytes, uuid: bytes) -> Answers:
    """What any card tells; the number is its handle."""
    return {
        ("nvmlDeviceGetName", number): (0, [name]),
        ("nvmlDeviceGetUUID", number): (0, [uuid]),
        ("nvmlDeviceGetClockInfo", number, 1): (0, [u32(1980)]),
        ("nvmlDeviceGetTemperatureV", number): (0, [u32(0x100000C, 0, 35)]),
        ("nvmlDeviceGetUtilizationRates", number): (0, [u32(37, 12)]),
        ("nvmlDeviceGetPowerUsage", number): (0, [u32(112_250)]),
        ("nvmlDeviceGetComputeRunningProcesses_v3", number): (0, listed((4242, 1500 * MIB))),
        ("nvmlDeviceGetGraphicsRunningProcesses_v3", number): (0, listed()),
    }


def a_discrete_card(number: int, uuid: bytes = b"GPU-aaaa0000-1111-2222-3333-444444444444") -> Answers:
    return {
        **a_card(number, b"NVIDIA H200", uuid),
        ("nvmlDeviceGetMemoryInfo_v2", number): (
            0,
            [u32(0x02000028, 0) + u64(143_771 * MIB, 628 * MIB, 141_000 * MIB, 2143 * MIB)],
        ),
        ("nvmlDeviceGetCudaComputeCapability", number): (0, [u32(9), u32(0)]),
        ("nvmlDeviceGetMigMode", number): (0, [u32(0), u32(0)]),
        ("nvmlDeviceGetClockInfo", number, 2): (0, [u32(3201)]),
        ("nvmlDeviceGetTotalEnergyConsumption", number): (0, [u64(5_000_123_000)]),
        ("nvmlDeviceGetCurrentClocksEventReasons", number): (0, [u64(0x4)]),
        ("nvmlDeviceGetViolationStatus", number, 0): (0, [u64(1_700_000_000_000_000, 250_000_000)]),
        ("nvmlDeviceGetViolationStatus", number, 1): (0, [u64(1_700_000_000_000_000, 0)]),
    }


H200: Answers = {**a_driver(b"570.86.15", b"12.570.86.15", 1), **a_discrete_card(1)}
THOR: Answers = {
    **a_driver(b"580.00", b"13.580.00", 1),
    **a_card(1, b"NVIDIA Thor", b"GPU-bbbb0000-1111-2222-3333-444444444444"),
    ("nvmlDeviceGetCudaComputeCapability", 1): (0, [u32(11), u32(0)]),
    ("nvmlDeviceGetPowerUsage", 1): (0, [u32(11_170)]),
}
SLICED: Answers = {
    **H200,
    ("nvmlDeviceGetMigMode", 1): (0, [u32(1), u32(1)]),
    ("nvmlDeviceGetUtilizationRates", 1): (3, []),
    ("nvmlDeviceGetMaxMigDeviceCount", 1): (0, [u32(7)]),
    **{("nvmlDeviceGetMigDeviceHandleByIndex", 1, n): (6, []) for n in range(7)},
    ("nvmlDeviceGetMigDeviceHandleByIndex", 1, 0): (0, [handle(11)]),
    ("nvmlDeviceGetMigDeviceHandleByIndex", 1, 4): (0, [handle(12)]),
    ("nvmlDeviceGetUUID", 11): (0, [b"MIG-11110000-1111-2222-3333-444444444444"]),
    ("nvmlDeviceGetUUID", 12): (0, [b"MIG-22220000-1111-2222-3333-444444444444"]),
    **{
        ("nvmlDeviceGetMemoryInfo_v2", part): (0, [u32(0x02000028, 0) + u64(16_384 * MIB, 0, 16_000 * MIB, 384 * MIB)])
        for part in (11, 12)
    },
    ("nvmlDeviceGetComputeRunningProcesses_v3", 1): (0, listed((4242, 900 * MIB), (77, 100 * MIB))),
    ("nvmlDeviceGetComputeRunningProcesses_v3", 11): (0, listed((77, 100 * MIB))),
    ("nvmlDeviceGetComputeRunningProcesses_v3", 12): (0, listed((4242, 900 * MIB))),
}
TWO_CARDS: Answers = {
    **a_driver(b"570.86.15", b"12.570.86.15", 2),
    **a_discrete_card(1),
    **a_discrete_card(2, b"GPU-cccc0000-1111-2222-3333-444444444444"),
    ("nvmlDeviceGetComputeRunningProcesses_v3", 1): (0, listed()),
}
MISMATCH: Answers = {("nvmlInit_v2",): (18, [])}  # the library is newer than the module, until the next boot
NO_DRIVER: Answers = {("nvmlInit_v2",): (9, [])}


def made_in_python(answers: Mapping[Tuple[Any, ...], Answer], **more: Function) -> Library:
    """True function pointers, so that every argument is turned into C's and back; `more` are found by name as well."""
    names = {key[0] for key in answers}
    pointers = {name: _pointer(name, answers) for name in names}
    said = {code: ctypes.create_string_buffer(f"in words {code}".encode()) for code in range(1000)}
    words = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_int)(lambda code: ctypes.addressof(said[code]))
    pointers.update({"nvmlErrorString": words, **more})
    return Library(pointers.get)


def _pointer(name: str, answers: Mapping[Tuple[Any, ...], Answer]) -> Function:
    kinds = SIGNATURES[name]

    def answer(*arguments: Any) -> int:
        key = tuple(value or 0 for kind, value in zip(kinds, arguments) if kind in "hu")
        code, written = answers.get((name, *key), (3, []))
        places = [value for kind, value in zip(kinds, arguments) if kind == "o"]
        for place, content, room in zip(places, written, ROOM.get(name, ())):
            ctypes.memmove(place, content[:room], len(content[:room]))
        return code

    return ctypes.CFUNCTYPE(ctypes.c_int, *(_TYPES[kind] for kind in kinds))(answer)


def compiler() -> Optional[str]:
    return shutil.which("cc") or shutil.which("gcc")


def made_of_c(
    root: Path,
    answers: Mapping[Tuple[Any, ...], Answer],
    processes: Optional[Path] = None,
    hanging: str = "",
    log: Optional[Path] = None,
) -> Path:
    """A shared library below a root, where the agent looks for that root's own; `processes` replaces a card's list.

    That file holds numbers and bytes as `listed` has them, and may change while the library is used. The function
    `hanging` never answers; into `log` go an i and an s whenever the library is initialised and shut down.
    """
    path = root / "usr/lib" / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".c")
    own = {name: _c_of_log(name, log, letter) for name, letter in LOGGED.items() if log}
    if hanging:
        own[hanging] = [f"int {hanging}(void) {{ for (;;) pause(); }}"]
    rest = {key: answer for key, answer in answers.items() if key[0] not in own}
    source.write_text("\n".join([_c_of(rest, processes), *(line for lines in own.values() for line in lines), ""]))
    command = [str(compiler()), "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(path), str(source)]
    subprocess.run(command, check=True)
    return root


def _c_of(answers: Mapping[Tuple[Any, ...], Answer], processes: Optional[Path]) -> str:
    lines = ["#include <stdio.h>", "#include <string.h>", "#include <unistd.h>"]
    lines.append(
        'const char *nvmlErrorString(int code) { return code == 18 ? "Driver/library version mismatch" : "?"; }'
    )
    for name in dict.fromkeys(key[0] for key in answers):
        if processes is not None and name == "nvmlDeviceGetComputeRunningProcesses_v3":
            lines += _c_of_file(name, processes)
            continue
        kinds = SIGNATURES[name]
        types = {"h": "unsigned long", "u": "unsigned", "o": "char *", "l": "unsigned"}
        takes = ", ".join(f"{types[kind]} a{n}" for n, kind in enumerate(kinds)) or "void"
        lines.append(f"int {name}({takes}) {{")
        for key, (code, written) in answers.items():
            if key[0] == name:
                lines.append(_c_of_answer(kinds, key[1:], code, written))
        lines += ["  return 3;", "}"]
    return "\n".join(lines) + "\n"


def _c_of_answer(kinds: str, chosen: Tuple[int, ...], code: int, written: Sequence[bytes]) -> str:
    inward = [n for n, kind in enumerate(kinds) if kind in "hu"]
    outward = [n for n, kind in enumerate(kinds) if kind == "o"]
    fits = " && ".join(f"a{n} == {value}" for n, value in zip(inward, chosen)) or "1"
    copies: List[str] = []
    for n, content in zip(outward, written):
        spelled = "".join(f"\\x{byte:02x}" for byte in content)
        copies.append(f'memcpy(a{n}, "{spelled}", {len(content)});')
    return f"  if ({fits}) {{ {' '.join(copies)} return {code}; }}"


def _c_of_log(name: str, log: Optional[Path], letter: str) -> List[str]:
    return [f'int {name}(void) {{ FILE *f = fopen("{log}", "a"); fputs("{letter}", f); fclose(f); return 0; }}']


def _c_of_file(name: str, path: Path) -> List[str]:
    return [
        f"int {name}(unsigned long card, unsigned *count, char *into) {{",
        f'  FILE *file = fopen("{path}", "rb");',
        "  if (!file || fread(count, 4, 1, file) != 1) return 3;",
        "  size_t read = fread(into, 24, *count, file);",
        "  fclose(file);",
        "  return read == *count ? 0 : 999;",
        "}",
    ]
