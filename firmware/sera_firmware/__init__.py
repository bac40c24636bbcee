"""What runs on a garden node: it reads, stores and sends, and never loses a reading."""

VERSION = "0.1.0"
# Goes out in health records as a number: major * 10000 + minor * 100 + patch.
BUILD = 100
# No later clock says less (2026-01-01): what does is wrong, or a wrap on.
BUILT_S = 1767225600
