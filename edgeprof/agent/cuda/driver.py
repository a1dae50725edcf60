"""libcuda, the driver's own library: what it tells that pycuda does not hand on."""

from __future__ import annotations

from ctypes import CDLL, byref, c_char_p, c_int, create_string_buffer
from typing import Any, Optional

NAME = "libcuda.so.1"
_UUID_BYTES = 16
_MOST_CODE = 999


def loaded(name: str = NAME) -> Optional[Any]:
    try:
        return CDLL(name)
    except OSError:
        return None


def uuid_of(library: Any, index: int) -> Optional[str]:
    """Of the card of that number, or the slice of one; None where the driver does not tell."""
    card, uuid = c_int(), create_string_buffer(_UUID_BYTES)
    ask = getattr(library, "cuDeviceGetUuid_v2", None) or getattr(library, "cuDeviceGetUuid", None)
    if ask is None or library.cuDeviceGet(byref(card), index) or ask(uuid, card):
        return None
    return uuid_words(uuid.raw)


def uuid_words(raw: bytes) -> Optional[str]:
    """As nvidia-smi -L writes it; None of one that is all zeros."""
    digits = raw.hex()
    if not int(digits, 16):
        return None
    return f"GPU-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def code_of(library: Any, told: str) -> int:
    """The code whose words end what was told, as in "cuMemFree failed: unspecified launch failure"; 0 of others."""
    for code in range(1, _MOST_CODE + 1):
        words = c_char_p()
        is_known = library.cuGetErrorString(code, byref(words)) == 0 and words.value
        if is_known and told.endswith((words.value or b"").decode(errors="replace")):
            return code
    return 0
