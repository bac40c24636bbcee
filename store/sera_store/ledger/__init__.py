"""One ledger transaction, composed of parts: keys, records, dead letters, delivery, boots, jobs; erasure."""
