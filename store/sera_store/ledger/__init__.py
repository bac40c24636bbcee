"""The writes of one ledger transaction: keys, boots, jobs, delivery, budgets, erasure."""
