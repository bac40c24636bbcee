"""Certificates, and the files by which brokers grant rights."""
