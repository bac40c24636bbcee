"""Pictures and sounds that others gave, made safe as if somebody uploaded them here."""

from __future__ import annotations

from typing import Final

from sera_commons.errors import InvalidMediaError
from sera_commons.media.pictures import remake_picture
from sera_commons.media.sound import strip_sound

PICTURE: Final = "jpg"
MEDIA_TYPES: Final = {
    PICTURE: "image/jpeg",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
}
"""Media type by the ending of a file: what stories have once they are kept."""


def clean_media(content: bytes, ending: str) -> bytes:
    """Return a picture or sound with nothing but what shows or plays it.

    Parameters
    ----------
    content
        As it came, from whomever.
    ending
        Of its file, one of `MEDIA_TYPES`.

    Raises
    ------
    ValueError
        It is too large, damaged, or another type than its ending says.
    """
    try:
        if ending == PICTURE:
            return remake_picture(content)
        sound = strip_sound(content)
    except InvalidMediaError as error:
        raise ValueError(str(error)) from error
    if sound.media_type != MEDIA_TYPES.get(ending):
        raise ValueError(f"this is no {ending}; ask for it again")
    return sound.content
