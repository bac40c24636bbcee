"""What can go wrong in the simulated garden world."""


class SimulatorError(Exception):
    """Base of all errors of the simulator."""


class InvalidPlanError(SimulatorError):
    """A season was asked for that cannot be simulated; the message says which number and its bounds."""


class UnreadableFlashError(SimulatorError):
    """A node's flash cannot be read."""
