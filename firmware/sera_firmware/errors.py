"""The errors a node can tell apart."""


class FirmwareError(Exception):
    """Base of all errors of the firmware."""


class ConfigError(FirmwareError):
    """The configuration cannot be used; the node must not start with it."""


class StoreError(FirmwareError):
    """The store on flash cannot take a record."""


class SensorError(FirmwareError):
    """A sensor gave no trustworthy answer; its columns become null."""


class TimeServersDifferError(OSError):
    """Two time servers tell different times: neither is believed."""


class BrokerError(FirmwareError):
    """The broker refused, went silent or spoke nonsense; this contact is over."""
