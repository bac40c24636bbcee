"""Names of an installation's own services at the broker, which no node may have; for hosts alone."""

GATEWAY = "gateway-1"
BROKER = "sera-broker"
INGEST = "ingest"
PAGES = "pages"
SESSION_GUARD = "session-guard"

# What the certificate of a service is good for.
_KINDS = {BROKER: "broker", INGEST: "service", PAGES: "service", SESSION_GUARD: "service"}
_NUMBERED = {"gateway": "gateway", "authority": "authority", "sera-authority": "authority"}


def kind_of(name: str) -> str | None:
    """Return what a reserved name stands for (broker, gateway, service, authority), or None for others."""
    stem, _, number = name.rpartition("-")
    return _KINDS.get(name) or (_NUMBERED.get(stem) if number.isdigit() else None)
