"""A stand-in for a board at a USB cable: a pseudo-terminal that speaks the raw REPL of MicroPython.

It is no board. What it is asked to run runs in real 32-bit MicroPython (`inside.py`), on a real
littlefs of the size that a test wants, with stand-ins of `machine`, `network` and `onewire`. The protocol is
that of MicroPython's reference, "The MicroPython Interactive Interpreter Mode", with raw paste.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import threading
import tty
from pathlib import Path
from typing import Any, Self

INSIDE = Path(__file__).parent / "inside.py"
BANNER = b"raw REPL; CTRL-B to exit\r\n>"
WINDOW = 128
# What `inside.py` writes once it can be interrupted, and once its program leaves it to the prompt.
_STARTED, _AT_PROMPT = b"\x06", b"\x07"
# How `inside.py` ends where the program on the board resets it.
RESET, BOOTLOADER = 42, 43
_POLL_S = 0.05


class UsbBoard:
    """A board at a pseudo-terminal; a context manager.

    Parameters
    ----------
    micropython
        The interpreter.
    folder
        Where its flash and its logs are.
    network
        What its radio finds: `ssid`, `password`, and the other names that are `seen`.
    flash_kb
        Size of its flash [KB].
    deaf_after
        It answers nothing any more once it has run so many lines of code; None for never.
    absent_after_reset
        A reset is the last that is seen of it.
    """

    def __init__(
        self,
        micropython: Path,
        folder: Path,
        network: dict[str, Any],
        *,
        flash_kb: int = 1408,
        deaf_after: int | None = None,
        absent_after_reset: bool = False,
    ) -> None:
        self._command = [str(micropython), "-X", "heapsize=2M", str(INSIDE)]
        folder.mkdir(parents=True, exist_ok=True)
        self.flash = folder / "flash.img"
        if not self.flash.exists():
            self.flash.write_bytes(b"\xff" * (flash_kb * 1024))
        self._settings = folder / "board.json"
        self._adc = folder / "adc"
        self.set_adc(30000)
        settings = {"flash": str(self.flash), "network": network, "adc": str(self._adc)}
        self._settings.write_text(json.dumps(settings), encoding="utf-8")
        self.log = folder / "board.log"
        self._deaf_after = deaf_after
        self._absent_after_reset = absent_after_reset
        self.resets = 0
        self.codes: list[str] = []
        self._is_deaf = False
        self._is_at_prompt = False
        self._buffer = b""
        self._closing = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._serve, name="board")

    def __enter__(self) -> Self:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._power_on()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._thread.join()
        self._power_off()
        for end in (self._master, self._slave):
            os.close(end)

    def set_adc(self, value: int) -> None:
        """Set what its converter reads."""
        self._adc.write_text(f"{value:05}", encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        """What is on its flash by now; it must be held or off."""
        listing = subprocess.run(
            [*self._command, str(self._settings), "list"], capture_output=True, text=True, check=True
        )
        return {name: bytes.fromhex(content) for name, content in json.loads(listing.stdout).items()}

    def _power_on(self) -> None:
        self._is_at_prompt = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, str(self._settings), "live"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self._await(_STARTED)

    def _power_off(self) -> None:
        process = self._process
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _serve(self) -> None:
        while not self._closing.is_set():
            byte = self._read()
            self._note_end()
            if byte == b"\x03":
                self._interrupt()
            elif byte == b"\x01":
                self._send(b"\r\n" + BANNER)
            elif byte == b"\x04":
                self._power_off()
                self._power_on()
                self._interrupt()
                self._send(b"OK\r\nMPY: soft reboot\r\n" + BANNER)
            elif byte == b"\x05":
                self._paste()

    def _read(self) -> bytes:
        """Read one byte of the host, or none for a moment."""
        if not self._buffer:
            if not select.select([self._master], [], [], _POLL_S)[0]:
                return b""
            self._buffer = os.read(self._master, 4096)
        byte, self._buffer = self._buffer[:1], self._buffer[1:]
        return byte

    def _next(self) -> bytes:
        while not self._closing.is_set():
            if byte := self._read():
                return byte
        return b"\x04"

    def _send(self, data: bytes) -> None:
        if not self._is_deaf:
            os.write(self._master, data)

    def _interrupt(self) -> None:
        """Stop the program that runs on the board, as Ctrl-C does."""
        while not self._is_at_prompt and not self._closing.is_set():
            process = self._process
            assert process is not None
            assert process.stdout is not None
            if not select.select([process.stdout], [], [], _POLL_S)[0]:
                process.send_signal(signal.SIGINT)
            self._is_at_prompt = self._await(_AT_PROMPT)
            if not self._is_at_prompt:
                # The signal came between two programs, where nothing catches it; a board has no such moment.
                self._power_off()
                self._power_on()

    def _await(self, mark: bytes) -> bool:
        """Pass on what the program prints until it writes a mark; return whether it did before it ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        while byte := os.read(self._process.stdout.fileno(), 1):
            if byte == mark:
                return True
            self._send(byte)
        return False

    def _note_end(self) -> None:
        """Start the board again where its program has reset it."""
        process = self._process
        if process is None or process.poll() is None:
            return
        self.resets += 1
        self._power_off()
        if self._absent_after_reset:
            self._is_deaf = True
        else:
            self._power_on()

    def _paste(self) -> None:
        """Take code in raw paste mode: a window of bytes at a time."""
        self._next()
        self._next()
        self._send(b"R\x01" + WINDOW.to_bytes(2, "little") + b"\x01")
        code = b""
        while (byte := self._next()) != b"\x04":
            code += byte
            if len(code) % WINDOW == 0:
                self._send(b"\x01")
        self._send(b"\x04")
        self.codes.append(code.decode())
        if self._deaf_after is not None and len(self.codes) > self._deaf_after:
            self._is_deaf = True
        self._run(code)

    def _run(self, code: bytes) -> None:
        """Run code, and pass on what it prints; its last byte but the prompt ends the errors."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(code.hex().encode() + b"\n")
        process.stdin.flush()
        ends = 0
        while ends < 2:
            output = os.read(process.stdout.fileno(), 4096)
            if not output:  # it has reset itself
                process.wait()
                self._note_end()
                return
            ends += output.count(b"\x04")
            self._send(output)
        self._send(b">")
