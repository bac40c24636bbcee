"""SQLite files and the tables that all folders of the store share: names, cursors."""
