import os

import numpy as np  # noqa: TID253
import pytest
from PIL import Image

from edgeprof.convert import images
from edgeprof.convert.images import Picture, Unreadable, decode, digests_of, find
from edgeprof.core.errors import ConfigError
from edgeprof.core.exits import Exit

RED = (200, 30, 10)


def plain(path, size=(8, 6), colour=RED, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def test_images_are_found_by_what_is_in_them_in_the_order_of_their_names(tmp_path):
    plain(tmp_path / "b.png")
    plain(tmp_path / "a" / "z.jpg")
    plain(tmp_path / "c.bmp").rename(tmp_path / "c.data")
    for name, kind in (("d", "webp"), ("e", "tiff"), ("f", "gif"), ("g", "ppm")):
        plain(tmp_path / f"{name}.{kind}")
    (tmp_path / "notes.jpg").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    plain(tmp_path / ".hidden" / "x.png")
    plain(tmp_path / ".x.png")
    os.mkfifo(tmp_path / "pipe.png")

    names = [path.relative_to(tmp_path).as_posix() for path in find(str(tmp_path))]

    assert names == ["a/z.jpg", "b.png", "c.data", "d.webp", "e.tiff", "f.gif", "g.ppm"]


def test_of_many_images_some_are_taken_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MOST", 4)
    for number in range(8):
        plain(tmp_path / f"{number}.png")

    assert [path.stem for path in find(str(tmp_path))] == ["0", "2", "4", "6"]


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_text("a file"), "notes"])
def test_a_folder_without_images_is_a_usage_error(tmp_path, make):
    place = tmp_path / "calibration"
    if make == "notes":
        place.mkdir()
        (place / "notes.txt").write_text("none")
    else:
        make(place)

    with pytest.raises(ConfigError) as raised:
        find(str(place))

    assert raised.value.exit == Exit.USAGE
    assert raised.value.where == "--calibration"
    assert "calibration" in raised.value.message
    assert raised.value.hint


def pixels_of(path):
    picture = decode(path)
    assert isinstance(picture, Picture), picture
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape[2] == 3
    return picture


def near(pixels, colour, slack=0):
    return bool((np.abs(pixels.astype(int) - np.array(colour)) <= slack).all())


@pytest.mark.parametrize(
    ("mode", "suffix", "slack"),
    [
        ("RGBA", "png", 0),
        ("P", "png", 0),
        ("CMYK", "jpg", 6),
        ("YCbCr", "jpg", 6),
        ("RGB", "png", 0),
        ("LAB", "tiff", 9),
    ],
)
def test_every_mode_becomes_rgb(tmp_path, mode, suffix, slack):
    image = Image.new("RGB", (8, 6), RED)
    if mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    else:
        image = image.convert(mode, palette=Image.ADAPTIVE)
    image.save(tmp_path / f"x.{suffix}")

    picture = pixels_of(tmp_path / f"x.{suffix}")

    if mode != "LAB":  # Pillow takes Lab for sRGB's own numbers; that it is read is what matters
        assert near(picture.pixels, RED, slack)


def test_grey_and_black_and_white_become_three_equal_channels(tmp_path):
    Image.new("L", (8, 6), 77).save(tmp_path / "grey.png")
    Image.new("1", (8, 6), 1).save(tmp_path / "white.png")
    Image.new("LA", (8, 6), (77, 10)).save(tmp_path / "see-through.png")

    assert near(pixels_of(tmp_path / "grey.png").pixels, (77, 77, 77))
    assert near(pixels_of(tmp_path / "white.png").pixels, (255, 255, 255))
    assert near(pixels_of(tmp_path / "see-through.png").pixels, (77, 77, 77))


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path):
    wide = np.full((6, 8), 257 * 100, np.uint16)
    wide[0] = 65535
    Image.fromarray(wide).save(tmp_path / "wide.png")

    picture = pixels_of(tmp_path / "wide.png")

    assert near(picture.pixels[0], (255, 255, 255))
    assert near(picture.pixels[1:], (100, 100, 100))
    assert "I;16" in " ".join(picture.remarks)


def test_floats_and_wide_numbers_have_no_known_range(tmp_path):
    Image.fromarray(np.full((6, 8), 0.5, np.float32)).save(tmp_path / "float.tiff")
    Image.fromarray(np.full((6, 8), 1 << 20, np.int32)).save(tmp_path / "wide.tiff")

    for name in ("float.tiff", "wide.tiff"):
        assert isinstance(decode(tmp_path / name), Unreadable)


def test_a_picture_is_turned_upright_by_its_exif(tmp_path):
    image = Image.new("RGB", (8, 6), (0, 0, 0))
    image.paste(RED, (0, 0, 8, 3))
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    image.save(tmp_path / "x.png", exif=exif)

    picture = pixels_of(tmp_path / "x.png")

    assert picture.pixels.shape == (8, 6, 3)
    assert near(picture.pixels[:, 3:], RED)
    assert near(picture.pixels[:, :3], (0, 0, 0))
    assert "EXIF" in " ".join(picture.remarks)


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (8, 6), colour) for colour in (RED, (0, 0, 255))]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])

    picture = pixels_of(tmp_path / "x.gif")

    assert near(picture.pixels, RED, 8)
    assert "first of several frames" in " ".join(picture.remarks)


def test_a_plain_picture_has_nothing_to_remark(tmp_path):
    assert pixels_of(plain(tmp_path / "x.png")).remarks == ()


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def head_alone(path):
    path.write_bytes(path.read_bytes()[:16])


@pytest.mark.parametrize("harm", [cut, head_alone])
@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "tiff", "webp", "bmp"])
def test_a_torn_file_is_unreadable_and_no_crash(tmp_path, kind, harm):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    path = tmp_path / f"x.{kind}"
    Image.fromarray(noise).save(path)
    harm(path)

    seen = decode(path)

    assert isinstance(seen, Unreadable)
    assert seen.why


def test_a_file_that_may_not_be_read_or_is_gone_is_unreadable(tmp_path):
    assert isinstance(decode(tmp_path / "gone.png"), Unreadable)


def test_a_file_of_many_bytes_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "_LARGEST_BYTES", 10)

    assert isinstance(decode(plain(tmp_path / "x.png")), Unreadable)


@pytest.mark.parametrize("pixels", [100, 40])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch, pixels):
    """Twice over the limit Pillow raises, between once and twice it only warns."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    path = plain(tmp_path / "bomb.png", size=(pixels, 1))

    with pytest.raises(ConfigError, match=r"bomb\.png") as raised:
        decode(path)

    assert str(pixels) in raised.value.message


def test_a_digest_is_taken_again_only_of_what_changed(tmp_path):
    paths = [plain(tmp_path / "a.png"), plain(tmp_path / "b.png", colour=(1, 2, 3))]
    known = {}
    first = digests_of(paths, known)
    assert first[0] != first[1]
    assert digests_of(paths, known) == first

    known[str(paths[0])][1] = "remembered"
    plain(paths[1], size=(9, 9))
    second = digests_of(paths, known)

    assert second[0] == "remembered"
    assert second[1] not in (first[1], "remembered")
    with pytest.raises(ConfigError, match="gone"):
        digests_of([tmp_path / "gone.png"], {})
