"""Runs test files without pytest, for MicroPython: `run.py PATH[:PATH...] FILE...`, exit 1 on failure."""

import gc
import sys

# The leaves first, as firmware/device/main.py does: one import in another takes stack, and heap apart.
MODULES = ("frames", "store", "batch", "transport", "mqtt", "config", "contact", "node")


def run(name: str) -> int:
    """Run all tests of a module; return how many failed."""
    module = __import__(name)
    failed = ran = 0
    for test in sorted(dir(module)):
        if test.startswith("test_"):
            ran += 1
            try:
                getattr(module, test)()
            except Exception as error:  # noqa: BLE001
                failed += 1
                print("FAILED", name, test)
                sys.print_exception(error)
    print(name, ran, "ran", failed, "failed")
    return failed + (ran == 0)


def main(paths: str, files: list) -> None:
    sys.path[:0] = paths.split(":")
    for module in MODULES:
        __import__("sera_firmware." + module)
        gc.collect()
    failed = 0
    for file in files:
        folder, name = file.rsplit("/", 1)
        sys.path.insert(0, folder)
        failed += run(name[:-3])
        sys.path.pop(0)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
