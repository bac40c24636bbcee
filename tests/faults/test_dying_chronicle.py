"""A process that is killed at any write of the chronicle kept its promises, and left nothing half there."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment, Draft, seal
from sera_store.chronicle.verification import verify_chain, verify_contents

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]
SECRET = b"the green door of number seven"
PICTURE = b"a picture of the green door" * 400
SALT, DIGEST = seal(b"a sealed word")
# Statements, flushes, names that appear and go, of the whole life; fewer would show that not all are counted.
STEPS_LEAST = 40


def draft(number: int, body: bytes, *attachments: bytes) -> Draft:
    pictures = tuple(Attachment(content, "image/png") for content in attachments)
    return Draft("story", f"{number:032x}", 1, "p-1", body, pictures)


def live(chronicle: Chronicle, promise: Callable[[str], None]) -> None:
    chronicle.append([draft(1, SECRET, PICTURE)])
    promise("first")
    chronicle.append([draft(2, b"two", b"a second picture"), draft(3, b"three")])
    promise("three")
    chronicle.erase([1], "withdrawn")
    promise("erased")
    chronicle.append_sealed(draft(4, b""), DIGEST)
    promise("sealed")
    chronicle.open_sealed(5, SALT, b"a sealed word")
    promise("opened")
    changed = Draft(
        "story", f"{2:032x}", 2, "p-1", b"two, for fewer", (Attachment(b"a third picture", "image/png"),)
    )
    chronicle.append([changed], erases=[2], reason="withdrawn")
    promise("changed")


def die_at(folder: Path, step: int) -> tuple[list[str], bool]:
    """Live in a process of its own that is killed at a step; return what it promised, and whether it died."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        steps = iter(range(step))

        def pass_or_die(*_: object) -> None:
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        def counted(call: Callable[..., object]) -> Callable[..., object]:
            def run(*args: object, **words: object) -> object:
                pass_or_die()
                return call(*args, **words)

            return run

        os.fsync = counted(os.fsync)  # type: ignore[assignment]
        for name in ("replace", "unlink"):
            setattr(Path, name, counted(getattr(Path, name)))
        chronicle = Chronicle.open(folder, clock=lambda: 1_780_000_000)
        chronicle._database.connection.set_trace_callback(pass_or_die)
        live(chronicle, lambda text: os.write(writes, f"{text}\n".encode()) and None)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as promises:
        promised_numbers = promises.read().split()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return promised_numbers, os.WIFSIGNALED(status)


def left(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def assert_stored(folder: Path, promised: list[str]) -> None:
    with Chronicle.open(folder) as chronicle:
        assert [*verify_chain(chronicle.lines()), *verify_contents(chronicle)] == []
        head = chronicle.head()
        count = head.number if head else 0
        least = {"first": 1, "three": 3, "erased": 4, "sealed": 5, "opened": 5, "changed": 7}
        assert count >= max((least[text] for text in promised), default=0)
        # Two that were given together are there together, and so are a change and what it took the place of.
        assert count not in (2, 6)
        assert chronicle.is_erased(2) == (count == 7)
        if "opened" in promised:
            contents = chronicle.contents(5)
            assert contents is not None
            assert contents.body == b"a sealed word"
        pictures = {digest for number in (1, 2, 6) for digest in _pictures(chronicle, number)}
        assert {path.name for path in (folder / "attachments").iterdir()} == pictures
        is_erased = chronicle.is_erased(1)
    if is_erased:
        assert SECRET not in left(folder)
        assert PICTURE not in left(folder)
    elif count:
        assert PICTURE in left(folder)


def _pictures(chronicle: Chronicle, number: int) -> list[str]:
    contents = chronicle.contents(number)
    return [digest for digest, _ in contents.attachments] if contents else []


def test_a_chronicle_killed_at_any_write_keeps_its_promises(tmp_path: Path) -> None:
    step, has_died = 0, True
    while has_died:
        folder = tmp_path / str(step)
        Chronicle.open(folder).close()
        promised, has_died = die_at(folder, step)
        assert_stored(folder, promised)
        step += 1
    assert step > STEPS_LEAST, step
    assert promised == ["first", "three", "erased", "sealed", "opened", "changed"]
