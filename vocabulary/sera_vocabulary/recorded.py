"""How the readings of recorded files are named: by their time, since a file may number its rows again.

A logger that was cleared begins its index at nothing again, and so does a second sheet of counts. The epoch
of such readings says that they were recorded, and their stream; the sequence is the second of their time. So
the same reading has the same key in every file that holds it, and what lies between two of them is no gap.
For hosts only.
"""

from sera_vocabulary.messages import SEQ_FIRST, UTC_FIRST_S, is_epoch

_MARK = "recorded-"


def recorded_epoch(stream: str) -> str:
    """Return the epoch of recorded readings of a stream.

    Examples
    --------
    >>> recorded_epoch("soil")
    'recorded-soil'
    """
    return _MARK + stream


def is_recorded(epoch: str) -> bool:
    """Return whether an epoch is that of recorded readings, which nobody numbers."""
    return epoch.startswith(_MARK)


def is_own(epoch: str) -> bool:
    """Return whether an epoch is a node's or a recorded file's, and so no id of a mapping."""
    return is_epoch(epoch) or is_recorded(epoch)


def recorded_seq(utc_s: int) -> int:
    """Return the sequence of a reading by its Unix time [s]: its second, counted from the year 2000 on.

    Examples
    --------
    >>> recorded_seq(UTC_FIRST_S)
    1
    """
    return utc_s - UTC_FIRST_S + SEQ_FIRST
