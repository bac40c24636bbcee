"""Run the `sera` command as `python -m sera_command`."""

from sera_command.main import run

run()
