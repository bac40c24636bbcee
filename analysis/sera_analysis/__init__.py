"""The analysis: honest figures from readings, as pure functions and the jobs that run them over a store."""
