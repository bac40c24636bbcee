"""Sheets for paper: tagged PDF by typst, of data alone; needs the extra `print`."""
