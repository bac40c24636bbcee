"""The public pages as files, for a community without a server."""
