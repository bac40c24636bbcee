"""What was handed out: packs and archives that were made, for who withdraws consent."""
