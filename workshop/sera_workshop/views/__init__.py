"""Result records as what people read: chosen, worded and scaled."""
