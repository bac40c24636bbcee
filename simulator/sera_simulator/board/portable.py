"""The name that annotations need and MicroPython lacks; portable.pyi gives the checker the real one."""

Any = object
