"""A picture is made again: no place, comment or device goes along, and what cannot be one is refused."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image

from commons_parts.stories import photo
from sera_commons.errors import InvalidMediaError
from sera_commons.media.pictures import BYTES_MOST, SIDE_PX, remake_picture


def test_pixels_alone_go_on() -> None:
    before = photo()
    with Image.open(io.BytesIO(before)) as picture:
        assert picture.getexif().get_ifd(0x8825)
    after = remake_picture(before)
    for secret in (b"51.5072", b"number seven", b"Exif", b"green door"):
        assert secret not in after
    with Image.open(io.BytesIO(after)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (64, 48), {})
        assert "comment" not in picture.info


def test_a_large_picture_is_made_smaller_and_a_turned_one_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    target = io.BytesIO()
    Image.new("RGB", (4_000, 1_000), "olive").save(target, "JPEG", exif=exif)
    with Image.open(io.BytesIO(remake_picture(target.getvalue()))) as picture:
        assert picture.size == (SIDE_PX // 4, SIDE_PX)


def test_a_transparent_picture_stands_on_white() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(target, "PNG")
    with Image.open(io.BytesIO(remake_picture(target.getvalue()))) as picture:
        assert picture.getpixel((4, 4)) == (255, 255, 255)


# Bytes of the EXIF that its reader does not expect: types that are none, lengths and kinds that do not fit.
@pytest.mark.parametrize(("at", "byte"), [(17, 0), (149, 0), (149, 2), (151, 3), (163, 1)])
def test_a_picture_whose_exif_is_damaged_is_a_picture(at: int, byte: int) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "on the third floor"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 1.0)})
    exif.get_ifd(0x8769).update({0x9003: "2026:06:20 12:00:00", 0x829A: 0.01})
    target = io.BytesIO()
    Image.new("RGB", (64, 48), "olive").save(target, "JPEG", exif=exif)
    content = bytearray(target.getvalue())
    content[content.index(b"Exif") + at] = byte
    with Image.open(io.BytesIO(remake_picture(bytes(content)))) as picture:
        assert sorted(picture.size) == [48, 64]


def bomb(side: int = 20_000) -> bytes:
    """A PNG of 400 million pixels in a few bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + name + body + check

    head = side.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def progressive(side: int = 16, *, repeats: int = 0) -> bytes:
    """A JPEG of several scans, the last of them repeated; it says that it has sides of its own."""
    target = io.BytesIO()
    Image.new("L", (16, 16), 128).save(target, "JPEG", progressive=True)
    content = target.getvalue()
    frame = content.index(b"\xff\xc2")
    content = content[: frame + 5] + side.to_bytes(2, "big") * 2 + content[frame + 9 :]
    scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + scan * repeats + content[-2:]


def test_a_film_behind_a_picture_is_no_scan_of_it() -> None:
    film = b"\xff\xda\x00\x08" * 1_000
    assert remake_picture(photo() + film) == remake_picture(photo())
    assert remake_picture(progressive(repeats=20)) == remake_picture(progressive())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "type"),
        (b"GIF89a" + b"\0" * 40, "type"),
        (b"MZ" + b"\0" * 100, "type"),
        (photo()[:300], "damaged"),
        (bomb(), "too_large"),
        (bomb(4_500), "too_large"),
        (progressive(4_500), "too_large"),
        (progressive(repeats=100), "damaged"),
        (b"\xff" * (BYTES_MOST + 1), "too_large"),
    ],
    ids=["empty", "svg", "gif", "program", "cut", "bomb", "memory", "coefficients", "scans", "large"],
)
def test_what_is_no_picture_is_refused_with_what_to_do(content: bytes, code: str) -> None:
    with pytest.raises(InvalidMediaError, match=r"choose|take|pixels") as refusal:
        remake_picture(content)
    assert refusal.value.code == code
