"""The sensors a node can have: one small class a kind, chosen by the wiring in config.json.

Each has `stream`, `columns` (in the order of `read`), `model` and `serial`, `settle_ms` (from its
supply to `start`), `wait_ms` (from `start` to a good `read`), `switch_on()`, `switch_off()`,
`identify()`, `start()` and `read()`. Hardware comes from the board's ports, never from `machine`.
`sera_firmware.wiring` knows the kinds.
"""
