"""From decoded messages to records, in the order of the journal, one transaction at a time."""
