"""The few bytes that outlive a reset: the step the node was at, and what it remembers through deep sleep."""

import sys

import machine

_MARK = 0x5E7A0000
_MARK_MASK = 0xFFFF0000
_STEP_MASK = 0xFF
# SCRATCH0 of the watchdog, which a reset by it leaves as it was; the boot ROM uses 4 to 7 only. RP2040
# datasheet section 4.7.6, RP2350 datasheet section 12.9.7.
_SCRATCH_RP2040 = 0x4005800C
_SCRATCH_RP2350 = 0x400D800C


class Memory:
    """The step that was noted; on an ESP32 also the content that deep sleep keeps.

    `step` is what was noted last before this start, or None where the memory lost its power.
    """

    RESTARTING = 255

    def __init__(self) -> None:
        self._scratch = _SCRATCH_RP2350 if "RP2350" in _machine_name() else _SCRATCH_RP2040
        self.content = b""
        self.step = self._recover()

    def _recover(self) -> int | None:
        if sys.platform == "esp32":
            content = machine.RTC().memory()
            if not content:
                return None
            self.content = bytes(content[1:])
            return content[0]
        value = machine.mem32[self._scratch] & 0xFFFFFFFF
        return value & _STEP_MASK if value & _MARK_MASK == _MARK else None

    def note_step(self, step: int) -> None:
        """Remember a step; an ESP32 forgets with it what it kept for its next wake."""
        if sys.platform == "esp32":
            machine.RTC().memory(bytes([step]))
        else:
            machine.mem32[self._scratch] = _MARK | step

    def keep(self, step: int, content: bytes) -> None:
        """Remember a step, and what the next wake from deep sleep needs."""
        if sys.platform == "esp32":
            machine.RTC().memory(bytes([step]) + content)
        else:
            self.note_step(step)


def _machine_name() -> str:
    return str(getattr(sys.implementation, "_machine", ""))
