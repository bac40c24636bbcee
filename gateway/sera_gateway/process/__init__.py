"""What a process that runs for months needs: one owner, room on its disk, an end in order, a log."""
