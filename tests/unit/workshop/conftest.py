"""The made-up gardens of the workshop's tests."""

from workshop_figures import (
    empty_garden,
    full_garden,
    gardens,
    make_result,
    results,
    span_s,
    store,
    store_in_other_order,
)

__all__ = [
    "empty_garden",
    "full_garden",
    "gardens",
    "make_result",
    "results",
    "span_s",
    "store",
    "store_in_other_order",
]
