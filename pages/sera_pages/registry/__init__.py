"""The registry for stewards: all kinds listed, shown and changed by date; what is new; tables in and out."""
