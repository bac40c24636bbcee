"""The open report by district, and claims that are checked against it."""
