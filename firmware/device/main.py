"""Starts the node on a real board: config.json and network.json lie beside this file."""

import gc

# The leaves first, and what the compiler leaves behind collected in between, so that the heap stays in
# one piece: TLS needs a block of 16.7 KB.
for module in ("frames", "store", "batch", "transport", "mqtt", "config", "contact", "node"):
    __import__("sera_firmware." + module)
    gc.collect()

import start  # noqa: E402

gc.collect()
if not start.is_held():
    start.live()
