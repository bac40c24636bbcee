"""Bundles between communities: made of what may leave, verified without a network, kept beside one's own."""
