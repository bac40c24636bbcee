"""The virtual board: what stands in for a real one around the unchanged firmware.

Runs under MicroPython and CPython alike, as a process of its own: `run.py board.json`.
"""
