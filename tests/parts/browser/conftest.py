"""The made-up gardens of the workshop's tests."""

from workshop_figures import empty_garden, full_garden, gardens, results, span_s

__all__ = ["empty_garden", "full_garden", "gardens", "results", "span_s"]
