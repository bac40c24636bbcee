"""The page that stands alone: what to repeat, a card a garden, what was noticed, the accounts."""
