import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.convert.framing import FITS, framing, near_framing
from edgeprof.core.errors import ConfigError

HD = (1080, 1920)
SIDES = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


@pytest.mark.parametrize(
    ("frame", "size", "fit", "resized", "start", "kept", "added"),
    [
        (HD, HD, "crop", HD, (0, 0), HD, (0, 0)),
        (HD, (224, 224), "resize", (224, 224), (0, 0), (224, 224), (0, 0)),
        (HD, (224, 224), "pad", (126, 224), (0, 0), (126, 224), (98, 0)),
        (HD, (224, 224), "crop", (224, 398), (0, 87), (224, 224), (0, 0)),
        (HD, (1088, 1920), "pad", HD, (0, 0), HD, (8, 0)),
        ((1088, 1920), HD, "crop", (1088, 1920), (4, 0), HD, (0, 0)),
        ((100, 50), (10, 10), "pad", (10, 5), (0, 0), (10, 5), (0, 5)),
        ((4, 4), (8, 8), "pad", (8, 8), (0, 0), (8, 8), (0, 0)),
    ],
)
def test_a_frame_is_resized_then_cut_then_padded(frame, size, fit, resized, start, kept, added):
    placed = framing(frame, size, fit)

    assert (placed.resized, placed.start, placed.kept, placed.added) == (resized, start, kept, added)


@given(SIDES, SIDES, st.sampled_from(FITS))
def test_whatever_the_sizes_the_network_gets_its_own(frame, size, fit):
    placed = framing(frame, size, fit)

    assert tuple(kept + added for kept, added in zip(placed.kept, placed.added, strict=True)) == size
    assert min(*placed.resized, *placed.kept) >= 1
    assert min(*placed.cut, *placed.added) >= 0
    assert fit == "crop" or placed.cut == (0, 0)
    assert fit == "pad" or placed.added == (0, 0)


def test_a_frame_that_fits_as_it_is_needs_no_words():
    assert framing(HD, HD, "pad").notes() == ()


def test_what_becomes_of_the_frame_is_said():
    assert framing(HD, (512, 512), "crop").notes() == (
        "the 1920x1080 frame is resized to 910x512 inside the graph",
        "it loses 398 columns at its edges, half on either side",
        "it is made 2.1 times smaller without antialiasing",
    )
    assert framing(HD, (1088, 1920), "pad").notes() == (
        "the 1920x1080 frame is padded by 8 rows, below and on the right, to 1920x1088",
    )
    assert "it changes its proportions: --fit pad or crop would keep them" in framing(HD, (600, 600), "resize").notes()


@pytest.mark.parametrize(
    ("fit", "size", "resized", "cut", "added"),
    [
        ("pad", (1088, 1920), HD, (0, 0), (8, 0)),
        ("crop", (1056, 1904), HD, (24, 16), (0, 0)),
        ("resize", (1088, 1920), (1088, 1920), (0, 0), (0, 0)),
    ],
)
def test_between_sizes_that_hardly_differ_only_resize_makes_new_pixels(fit, size, resized, cut, added):
    placed = near_framing(HD, size, fit)

    assert (placed.resized, placed.cut, placed.added, placed.size) == (resized, cut, added, size)
    assert placed.changes
    assert placed.notes()[0].startswith("the 1920x1080 frame ")


def test_an_unknown_fit_lists_the_known_ones():
    with pytest.raises(ConfigError, match="pad, resize, crop"):
        framing(HD, HD, "squeeze")
