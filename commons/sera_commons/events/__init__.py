"""Festivals, workshops, meals: what an event holds, who may see what of it, and its file for calendars."""
