"""The way of what people enter: through the broker into the journal."""
