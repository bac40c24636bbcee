"""Recorded readings (logger files, survey tables, saved device messages) as messages a live gateway takes.

Each family is one module that turns a file into `Recording`s; nothing here talks to a broker.
"""

from sera_gateway.importers.loggers.family import ReadingOptions
from sera_gateway.importers.recording import RecordedMessage, Recording, Row, UnreadableFileError
from sera_gateway.importers.sources import read_file
from sera_gateway.importers.stamps import DateOrder, HalfDays, parse_offset_s

__all__ = [
    "DateOrder",
    "HalfDays",
    "ReadingOptions",
    "RecordedMessage",
    "Recording",
    "Row",
    "UnreadableFileError",
    "parse_offset_s",
    "read_file",
]
