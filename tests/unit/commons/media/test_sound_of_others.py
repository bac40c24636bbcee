"""Files that libsndfile wrote (libvorbis, libopus, LAME): nothing they say of themselves, every sample."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from sera_commons.media.sound import strip_sound

soundfile = pytest.importorskip("soundfile")
SECRET = "number seven, behind the green door"
# Of a decoder that is told nothing of the encoder's delay [samples]; LAME's is 1,105 with the decoder's own.
_DELAY_MOST = 2_000


def recorded(container: str, packing: str, rate_hz: int, channels: int) -> bytes:
    """Two seconds of noise, with all that the library lets a file say about itself."""
    noise = np.random.default_rng(7).normal(0, 0.1, (2 * rate_hz, channels))
    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", rate_hz, channels, packing, format=container) as file:
        for name in ("title", "comment", "artist", "date", "copyright"):
            setattr(file, name, SECRET)
        file.write(noise)
    return target.getvalue()


def samples(content: bytes) -> np.ndarray:
    values, _ = soundfile.read(io.BytesIO(content), always_2d=True)
    return values


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("container", "packing", "rate_hz"),
    [
        ("OGG", "VORBIS", 44_100),
        ("OGG", "OPUS", 48_000),
        ("WAV", "PCM_16", 44_100),
        ("WAV", "FLOAT", 48_000),
    ],
)
def test_of_ogg_and_wav_the_same_samples_are_kept_and_no_word(
    container: str, packing: str, rate_hz: int, channels: int
) -> None:
    content = recorded(container, packing, rate_hz, channels)
    assert SECRET.encode() in content
    stripped = strip_sound(content).content
    assert SECRET.encode() not in stripped
    assert np.array_equal(samples(stripped), samples(content))
    assert strip_sound(stripped).content == stripped


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_of_mp3_all_frames_are_kept_with_their_length_and_neither_words_nor_the_encoders_name(
    rate_hz: int, channels: int
) -> None:
    content = recorded("MP3", "MPEG_LAYER_III", rate_hz, channels)
    assert SECRET.encode() in content
    assert b"LAME" in content
    stripped = strip_sound(content).content
    assert SECRET.encode() not in stripped
    assert b"LAME" not in stripped
    before, after = samples(content)[:, 0], samples(stripped)[:, 0]
    assert len(before) <= len(after) <= len(before) + _DELAY_MOST
    # Without the encoder's head nothing is cut off in front: what follows the silence is the same.
    delay = max(range(_DELAY_MOST), key=lambda ahead: float(after[ahead : ahead + 4_000] @ before[:4_000]))
    count = min(len(before), len(after) - delay)
    assert count >= len(before) - 1
    assert np.abs(after[delay : delay + count] - before[:count]).max() < 1e-6
    assert strip_sound(stripped).content == stripped


def test_a_cover_picture_before_an_mp3_goes() -> None:
    picture = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(picture, "JPEG", quality=95)
    frame = b"\0image/jpeg\0\x03\0" + picture.getvalue()
    apic = b"APIC" + len(frame).to_bytes(4, "big") + b"\0\0" + frame
    size = bytes(len(apic) >> shift & 0x7F for shift in (21, 14, 7, 0))
    sound = strip_sound(recorded("MP3", "MPEG_LAYER_III", 44_100, 1)).content
    assert strip_sound(b"ID3\x03\0\0" + size + apic + sound).content == sound
