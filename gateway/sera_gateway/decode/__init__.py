"""From one message to rows of values, or to the reason why not: envelopes, mappings, units."""
