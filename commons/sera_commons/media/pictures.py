"""A picture made again: decoded and encoded, turned upright, bounded; nothing else of the file is kept.

EXIF, XMP, comments, colour profiles, thumbnails and what stands behind the end of the file are gone, since
only the pixels go on. The library that decodes is loaded with the first picture: it takes 2 MB, and pages are
served for days without one. Pictures are decoded one at a time, since one may take 400 MB.
"""

from __future__ import annotations

import io
import threading
import warnings
from typing import TYPE_CHECKING, Final

from sera_commons.errors import InvalidMediaError
from sera_commons.media.jpeg_scans import scan_count

if TYPE_CHECKING:
    from PIL import Image, ImageFile

BYTES_MOST: Final = 20 << 20
# A phone's camera has 50 million pixels; a bomb has more in a few kilobytes.
PIXELS_MOST: Final = 60_000_000
# Of what cannot be decoded at a fraction of its size: all of it has to be in memory, some of it twice.
WHOLE_PIXELS_MOST: Final = 20_000_000
# Programs write ten. Each decodes all of the picture again, and has room in fourteen bytes.
SCANS_MOST: Final = 100
SIDE_PX: Final = 2_000
_QUALITY: Final = 85
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_ORIENTATION: Final = 0x0112
_SHRINKING: Final = frozenset(("L", "LA", "RGB", "RGBA", "CMYK"))
_SINGLE: Final = threading.Lock()


def remake_picture(content: bytes) -> bytes:
    """Return a picture as a JPEG of at most 2,000 pixels a side that holds pixels alone.

    Parameters
    ----------
    content
        A JPEG, PNG or WebP, as somebody uploaded it.

    Raises
    ------
    InvalidMediaError
        It is another type, too large, or damaged; the message says what to do.
    """
    if len(content) > BYTES_MOST:
        raise InvalidMediaError(
            "too_large", f"the picture is larger than {BYTES_MOST >> 20} MiB; choose a smaller one"
        )
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - see the module

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with _SINGLE, Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                _check_cost(picture, content)
                # A JPEG is decoded at a fraction of its size where that is enough.
                picture.draft("RGB", (SIDE_PX, SIDE_PX))
                return _encode(_upright(_shrink(picture)))
    except UnidentifiedImageError as error:
        raise InvalidMediaError(
            "type", "this is no picture that can be shown; choose a JPEG, PNG or WebP"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise InvalidMediaError(
            "too_large", "the picture has too many pixels; choose a smaller one"
        ) from error
    except InvalidMediaError:
        raise
    # What is damaged makes the decoder raise nearly anything.
    except Exception as error:
        raise InvalidMediaError("damaged", "the picture is damaged; take or choose it again") from error


def _check_cost(picture: ImageFile.ImageFile, content: bytes) -> None:
    """Check what decoding takes of memory and time, from what the file says before its pixels."""
    is_jpeg = picture.format != "PNG" and picture.format != "WEBP"
    is_whole = not is_jpeg or "progressive" in picture.info
    most = WHOLE_PIXELS_MOST if is_whole else PIXELS_MOST
    if picture.width * picture.height > most:
        raise InvalidMediaError("too_large", f"the picture has more than {most // 1_000_000} million pixels")
    if is_jpeg and scan_count(content) > SCANS_MOST:
        raise InvalidMediaError("damaged", "the picture is damaged; take or choose it again")


def _shrink(picture: Image.Image) -> Image.Image:
    """Make a picture as small as it is kept, before anything else makes a copy of it."""
    if picture.mode not in _SHRINKING:
        picture = picture.convert("RGBA" if picture.mode == "P" else "RGB")
    picture.thumbnail((SIDE_PX, SIDE_PX))
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its camera was held; one whose EXIF cannot be read stays as it is."""
    from PIL import Image  # noqa: PLC0415 - see the module

    turns = Image.Transpose
    try:
        # The EXIF is not read farther than that: it may be damaged where the picture is not.
        orientation = picture.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - its reader raises nearly anything
        return picture
    turn_of = {
        2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM, 5: turns.TRANSPOSE,
        6: turns.ROTATE_270, 7: turns.TRANSVERSE, 8: turns.ROTATE_90,
    }  # fmt: skip
    return picture.transpose(turn_of[orientation]) if orientation in turn_of else picture


def _encode(picture: Image.Image) -> bytes:
    from PIL import Image  # noqa: PLC0415 - see the module

    # Another picture, since what came is remembered beside its pixels and would be written, too.
    pixels = Image.new("RGB", picture.size, "white")
    if picture.mode in ("RGBA", "LA"):
        layer = picture.convert("RGBA")
        pixels.paste(layer, mask=layer.getchannel("A"))
    else:
        pixels.paste(picture.convert("RGB"))
    target = io.BytesIO()
    pixels.save(target, "JPEG", quality=_QUALITY, optimize=True)
    return target.getvalue()
