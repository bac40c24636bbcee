"""Events: their list and programme, the form of hosts, names by their own yes, traces in gardens."""
