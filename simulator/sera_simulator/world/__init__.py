"""A seeded garden world: weather, soil, flowers, insects, detectors and planned faults."""
