"""A picture made again: decoded and encoded, turned upright, bounded; nothing else of the file is kept.

EXIF, XMP, comments, colour profiles, thumbnails and what stands behind the end of the file are gone, since
only the pixels go on. The library that decodes is loaded with the first picture: it takes 2 MB, and pages are
served for days without one.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Final

from sera_commons.errors import InvalidMediaError

if TYPE_CHECKING:
    from PIL import Image

BYTES_MOST: Final = 20 << 20
# A phone's camera has 50 million pixels; a bomb has more in a few kilobytes.
PIXELS_MOST: Final = 60_000_000
SIDE_PX: Final = 2_000
_QUALITY: Final = 85
_FORMATS: Final = ("JPEG", "PNG", "WEBP")


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
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - see the module

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                if picture.width * picture.height > PIXELS_MOST:
                    raise InvalidMediaError(
                        "too_large", f"the picture has more than {PIXELS_MOST // 1_000_000} million pixels"
                    )
                # A JPEG is decoded at a fraction of its size where that is enough.
                picture.draft("RGB", (SIDE_PX, SIDE_PX))
                return _encode(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError as error:
        raise InvalidMediaError(
            "type", "this is no picture that can be shown; choose a JPEG, PNG or WebP"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise InvalidMediaError(
            "too_large", "the picture has too many pixels; choose a smaller one"
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InvalidMediaError("damaged", "the picture is damaged; take or choose it again") from error


def _encode(picture: Image.Image) -> bytes:
    from PIL import Image  # noqa: PLC0415 - see the module

    pixels = Image.new("RGB", picture.size, "white")
    if picture.mode in ("RGBA", "LA", "P"):
        layer = picture.convert("RGBA")
        pixels.paste(layer, mask=layer.getchannel("A"))
    else:
        pixels.paste(picture.convert("RGB"))
    pixels.thumbnail((SIDE_PX, SIDE_PX))
    target = io.BytesIO()
    pixels.save(target, "JPEG", quality=_QUALITY, optimize=True)
    return target.getvalue()
