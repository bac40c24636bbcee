"""Archives for science: Darwin Core Archives and Data Packages, written from the store and checked."""
