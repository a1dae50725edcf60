from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.config.quantity import amount_of, frame_of, seconds_of, shape_of, warm_up_of
from edgeprof.core.errors import ConfigError
from edgeprof.core.metric import METRICS
from edgeprof.core.resolution import NATIVE, Resolution
from edgeprof.core.stats.steady import WarmUp


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("33", "ms", 33.0),
        ("33ms", "ms", 33.0),
        ("0.0333s", "ms", 33.3),
        ("33300us", "ms", 33.3),
        ("2s", "s", 2.0),
        ("500ms", "s", 0.5),
        ("1.5GiB", "MiB", 1536.0),
        ("900 MiB", "MiB", 900.0),
        ("1GB", "MiB", 953.674316406),
        ("30fps", "/s", 30.0),
        ("1500mW", "W", 1.5),
        ("0.25J", "mJ", 250.0),
        ("30", "/s", 30.0),
        ("5m", "s", 300.0),
        ("1e3", "ms", 1000.0),
    ],
)
def test_a_number_is_in_the_keys_unit_or_says_its_own(text: str, unit: str, amount: float) -> None:
    assert amount_of(text, unit) == pytest.approx(amount, rel=1e-11)
    if unit == "ms":
        assert amount_of(text, unit) == amount


@pytest.mark.parametrize("text", ["", "ms", "33MiB", "33 bananas", "nan", "inf", "1e999", "3,3", "0x10", "٣ms"])
def test_what_is_no_number_of_the_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        amount_of(text, "ms")


@given(st.text(max_size=12), st.sampled_from([metric.unit for metric in METRICS.values()] + ["ms"]))
def test_any_text_is_a_finite_number_or_a_value_error(text: str, unit: str) -> None:
    try:
        amount = amount_of(text, unit)
    except ValueError:
        return
    assert abs(amount) < float("inf")


@pytest.mark.parametrize(
    ("text", "seconds"), [("300", 300), ("300s", 300), ("5m", 300), ("1.5h", 5400), ("20ms", 0.02)]
)
def test_a_duration_is_bare_seconds_or_says_its_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["0", "-3s", "soon", "", "3MiB"])
def test_what_is_no_duration_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match="not a duration") as raised:
        seconds_of(text)

    assert raised.value.hint == "write 300s, 5m, 1.5h or bare seconds"


def test_a_warm_up_is_until_steady_or_exactly_what_was_asked() -> None:
    assert warm_up_of("auto") == WarmUp()
    assert warm_up_of("200ms") == WarmUp(floor_samples=0, floor_s=0.2, until_steady=False)
    assert warm_up_of("2s") == WarmUp(floor_samples=0, floor_s=2.0, until_steady=False)
    assert warm_up_of("20it") == WarmUp(floor_samples=20, floor_s=0.0, until_steady=False)


@pytest.mark.parametrize("text", ["200", "1.", "-1s", "it", "long"])
def test_a_warm_up_without_a_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        warm_up_of(text)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("uint8", NATIVE),
        (" UINT8 ", NATIVE),
        ("uint8:1920x1080", Resolution(1080, 1920)),
        ("uint8:720p", Resolution(720, 1280)),
    ],
)
def test_a_frame_is_as_large_as_the_network_takes_or_says_its_size(text: str, frame: Resolution) -> None:
    assert frame_of(text) == frame


@pytest.mark.parametrize("text", ["", "float32", "1920x1080", "uint8:", "uint8:0x9", "uint8:1x3x9x9", "uint8x9"])
def test_what_is_no_frame_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a|tensor"):
        frame_of(text)


def test_a_shape_is_its_sides() -> None:
    assert shape_of("1x3x224x224") == (1, 3, 224, 224)
    for text in ("", "1x", "1x0", "1x-1", "axb"):
        with pytest.raises(ValueError, match="not a shape"):
            shape_of(text)
