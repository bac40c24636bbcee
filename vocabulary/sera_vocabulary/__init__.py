"""The names that all parts of Sera share, spelled once, for nodes and hosts alike.

A node imports only the modules it needs; `meanings` is for hosts alone.
"""
