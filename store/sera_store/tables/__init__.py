"""Tables as people keep them in spreadsheets: read in any dialect, or refused with row, column and remedy."""
