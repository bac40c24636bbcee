"""`sera demo`: a virtual garden season through the real firmware, broker, gateway and analysis."""
