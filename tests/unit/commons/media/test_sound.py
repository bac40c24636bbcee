"""A sound is kept with its samples alone, and still plays; what cannot be read to its end is refused."""

from __future__ import annotations

import io
import struct
import wave
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commons_parts.stories import wav
from sera_commons.errors import InvalidMediaError
from sera_commons.media.ogg import _checksum, _Page, _write_page
from sera_commons.media.sound import BYTES_MOST, strip_sound

SECRET = b"recorded at number seven"
FRAME = b"\xff\xfb\x90\x64" + bytes(range(200)) + b"\x00" * 213  # 128 kbit/s, 44.1 kHz: 417 bytes


def mp3(*, frames: int = 5) -> bytes:
    title = b"ID3\x04\x00\x00\x00\x00\x00\x28" + SECRET.ljust(40, b"\0")
    encoder = b"\xff\xfb\x90\x64" + b"\0" * 32 + b"Xing" + SECRET.ljust(377, b"\0")
    return title + encoder + FRAME * frames + b"TAG" + SECRET.ljust(125, b"\0")


def ogg(*, comment: bytes = SECRET, serial: int = 7) -> bytes:
    """Opus: a head, a comment over two pages, and two pages of sound."""
    head = b"OpusHead\x01\x01" + b"\0" * 9
    tags = b"OpusTags" + struct.pack("<I", len(comment)) + comment + struct.pack("<I", 0)
    tags += b"\0" * 300
    first, rest = tags[:255], tags[255:]
    pages = [
        (2, 0, bytes([len(head)]), head),
        (0, -1, b"\xff", first),
        (1, 0, bytes([len(rest)]), rest),
        (0, 960, b"\x05\x05", b"soundsound"),
        (4, 1920, b"\x05", b"sound"),
    ]
    return b"".join(
        _write_page(flags, position, serial, number, lacing, body)
        for number, (flags, position, lacing, body) in enumerate(pages)
    )


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def m4a(*, handler: bytes = b"soun") -> bytes:
    """A voice memo: headers with times, a handler's name, a place, a maker, samples."""
    timed = struct.pack(">IIIII", 0, 3_900_000_000, 3_900_000_000, 44_100, 4_410)
    table = box(b"stsd", b"\0" * 8) + box(b"stsz", b"\0" * 12) + box(b"stco", struct.pack(">III", 0, 1, 500))
    handled = box(b"hdlr", b"\0" * 8 + handler + b"\0" * 12 + SECRET)
    media = box(b"mdia", box(b"mdhd", timed) + handled + box(b"minf", box(b"stbl", table)))
    track = box(b"trak", box(b"tkhd", timed) + media)
    place = box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7+51.5072-000.1276/") + SECRET)
    movie = box(b"moov", box(b"mvhd", timed) + track + place)
    return box(b"ftyp", b"M4A isom") + movie + box(b"uuid", SECRET) + box(b"mdat", b"samples!" * 10)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(wav(), "audio/wav"), (mp3(), "audio/mpeg"), (ogg(), "audio/ogg"), (m4a(), "audio/mp4")],
    ids=["wav", "mp3", "ogg", "m4a"],
)
def test_what_a_file_says_about_itself_is_gone_and_doing_it_again_changes_nothing(
    content: bytes, media_type: str
) -> None:
    assert SECRET in content
    sound = strip_sound(content)
    assert sound.media_type == media_type
    for secret in (SECRET, b"51.5072", b"number seven", struct.pack(">I", 3_900_000_000)):
        assert secret not in sound.content
    assert strip_sound(sound.content) == sound


def test_a_wav_still_plays_the_same_samples() -> None:
    with wave.open(io.BytesIO(strip_sound(wav()).content)) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (8_000, 800)
        assert sound.readframes(800) == b"\x01\x02" * 800


def test_all_frames_of_an_mp3_are_kept_behind_a_head_that_counts_them() -> None:
    content = strip_sound(mp3(frames=9)).content
    assert content.endswith(FRAME * 9)
    head = content[: -len(FRAME * 9)]
    assert head[36:52] == b"Xing" + struct.pack(">III", 3, 9, len(content))
    assert not any(head[4:36])
    assert not any(head[52:])


def test_pages_of_ogg_are_numbered_on_and_have_their_checksums() -> None:
    content, at, pages = strip_sound(ogg()).content, 0, []
    while at < len(content):
        page = _Page(content, at)
        bare = content[at : at + 22] + b"\0\0\0\0" + content[at + 26 : page.end]
        assert struct.unpack_from("<I", content, at + 22)[0] == _checksum(bare)
        pages.append(page)
        at = page.end
    assert [page.number for page in pages] == list(range(len(pages)))
    assert [page.body for page in pages[-2:]] == [b"soundsound", b"sound"]
    assert pages[-1].position == 1920


def test_the_checksum_is_that_of_the_format() -> None:
    # CRC-32 with polynomial 04C11DB7, neither reflected nor inverted: the check value of CRC-32/POSIX before
    # its length and inversion, by hand for one byte.
    assert _checksum(b"\x01") == 0x04C11DB7


def test_samples_of_an_m4a_stay_where_their_table_says() -> None:
    before, after = m4a(), strip_sound(m4a()).content
    assert len(after) == len(before)
    assert after.index(b"samples!") == before.index(b"samples!")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "type"),
        (b"just words", "type"),
        (b"RIFF\x04\0\0\0WAVE", "damaged"),
        (mp3(frames=0)[:300], "damaged"),
        (ogg()[:-3], "damaged"),
        (ogg() + ogg(serial=8), "type"),
        (m4a(handler=b"vide"), "type"),
        (m4a()[:-20], "damaged"),
        (b"\xff" * (BYTES_MOST + 1), "too_large"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_to_do(content: bytes, code: str) -> None:
    with pytest.raises(InvalidMediaError, match=r"choose|record|save") as refusal:
        strip_sound(content)
    assert refusal.value.code == code


@given(
    st.binary(max_size=400),
    st.sampled_from([b"RIFF\x10\0\0\0WAVE", b"OggS\0", b"\0\0\0\x10ftyp", b"\xff\xfb"]),
)
def test_no_bytes_end_otherwise_than_in_a_sound_or_a_refusal(noise: bytes, start: bytes) -> None:
    with suppress(InvalidMediaError):
        assert strip_sound(start + noise).content
