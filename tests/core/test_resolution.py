"""What --res means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.errors import ConfigError
from edgeprof.core.resolution import NATIVE, Resolution, portrait_question, resolution_of


@pytest.mark.parametrize(
    ("text", "height", "width"),
    [
        ("1080", 1080, 1920),
        ("1080p", 1080, 1920),
        ("720", 720, 1280),
        ("720P", 720, 1280),
        ("1440", 1440, 2560),
        ("2160p", 2160, 3840),
        ("480p", 480, 854),
        ("540p", 540, 960),
        ("2k", 1440, 2560),
        ("4K", 2160, 3840),
        ("480", 480, 480),
        ("540", 540, 540),
        ("224", 224, 224),
        ("1920x1080", 1080, 1920),
        ("1080x1920", 1920, 1080),
        (" 640x480 ", 480, 640),
    ],
)
def test_frames_squares_and_sizes(text, height, width):
    assert resolution_of(text) == Resolution(height, width)


def test_a_tensor_shape_brings_its_batch():
    assert resolution_of("4x3x1080x1920") == Resolution(1080, 1920, 4)


def test_native_is_the_models_own():
    assert resolution_of("native") is NATIVE
    assert NATIVE.is_native
    assert str(NATIVE) == "native"


def test_the_order_is_printed_with_the_numbers():
    assert str(resolution_of("1080")) == "1920x1080 (width x height)"


@pytest.mark.parametrize(
    "text", ["", "big", "1080i", "-224", "0", "0x10", "1x1x224x224", "0x3x224x224", "99999", "224.5", "1920 x 1080"]
)
def test_what_is_no_resolution_is_refused_and_quoted(text):
    with pytest.raises(ConfigError) as raised:
        resolution_of(text)
    assert f'"{text}"' in raised.value.message


def test_a_portrait_frame_is_asked_about():
    assert "1920x1080" in portrait_question(resolution_of("1080x1920"), "1080x1920")
    assert portrait_question(resolution_of("1920x1080"), "1920x1080") is None
    assert portrait_question(resolution_of("1x3x1920x1080"), "1x3x1920x1080") is None


@given(st.text(max_size=20))
def test_any_text_is_a_resolution_or_a_config_error(text):
    try:
        found = resolution_of(text)
    except ConfigError:
        return
    assert found.is_native or (found.height >= 1 and found.width >= 1)
