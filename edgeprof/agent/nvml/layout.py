"""What NVML's functions fill in, laid out as its header has it, and what its numbers mean.

Checked against nvidia-ml-py 13.615.71. Every value may be hostile: none is used before it is found plausible.
"""

from __future__ import annotations

import ctypes

SUCCESS = 0
NOT_SUPPORTED = 3
NO_PERMISSION = 4
INSUFFICIENT_SIZE = 7
DRIVER_NOT_LOADED = 9
TIMEOUT = 10
FUNCTION_NOT_FOUND = 13
GPU_IS_LOST = 15
LIB_RM_VERSION_MISMATCH = 18
# What is said where the library itself cannot be asked for its words.
WORDS = {
    1: "not initialised",
    2: "invalid argument",
    NOT_SUPPORTED: "not supported",
    NO_PERMISSION: "no permission",
    6: "not found",
    INSUFFICIENT_SIZE: "insufficient size",
    DRIVER_NOT_LOADED: "the driver is not loaded",
    TIMEOUT: "timeout",
    FUNCTION_NOT_FOUND: "the library has no such function",
    GPU_IS_LOST: "the GPU is lost",
    LIB_RM_VERSION_MISMATCH: "the driver and its library are of different versions",
    999: "unknown",
}

CLOCK_SM, CLOCK_MEMORY = 1, 2
SENSOR_OF_GPU = 0
POLICY_POWER, POLICY_THERMAL = 0, 1

TEXT_BYTES = 96  # the longest name, version or UUID that it tells
MOST_CARDS = 64
MOST_SLICES = 16
MOST_PROCESSES = 1 << 12

NOT_TOLD = (1 << 64) - 1  # what it says of a figure that it does not have, as of a process's memory under WDDM
UNTOUCHED = 0xA5  # what a buffer is filled with before it is lent, so that what was not written is seen


class Memory(ctypes.Structure):
    """nvmlMemory_t"""

    _fields_ = [("total", ctypes.c_uint64), ("free", ctypes.c_uint64), ("used", ctypes.c_uint64)]


class Memory2(ctypes.Structure):
    """nvmlMemory_v2_t: what the driver reserves is no part of `used` here."""

    _fields_ = [
        ("version", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("reserved", ctypes.c_uint64),
        ("free", ctypes.c_uint64),
        ("used", ctypes.c_uint64),
    ]


class Utilisation(ctypes.Structure):
    """nvmlUtilization_t"""

    _fields_ = [("gpu", ctypes.c_uint32), ("memory", ctypes.c_uint32)]


class Temperature(ctypes.Structure):
    """nvmlTemperature_v1_t"""

    _fields_ = [("version", ctypes.c_uint32), ("sensor", ctypes.c_uint32), ("degrees", ctypes.c_int32)]


class Violation(ctypes.Structure):
    """nvmlViolationTime_t: since when in us, and for how long in ns."""

    _fields_ = [("since", ctypes.c_uint64), ("lasted", ctypes.c_uint64)]


class Accounting(ctypes.Structure):
    """nvmlAccountingStats_t"""

    _fields_ = [
        ("gpu", ctypes.c_uint32),
        ("memory", ctypes.c_uint32),
        ("most_used", ctypes.c_uint64),
        ("lasted", ctypes.c_uint64),
        ("since", ctypes.c_uint64),
        ("is_running", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 5),
    ]


# How far apart processes lie in a list of nvmlProcessInfo_t. Names do not decide it: drivers 535.43 to 535.98 wrote 32
# bytes each by the _v3 function that has 24 in every other, and a later one was reported to write 16 by it
# (XuehaiPan/nvitop pulls 79 and 226).
PROCESS_STRIDES = (16, 24, 32)


def version_of(layout: type[ctypes.Structure], number: int) -> int:
    """What stands in a structure's first field: its size, and its version in the highest byte."""
    return ctypes.sizeof(layout) | number << 24
