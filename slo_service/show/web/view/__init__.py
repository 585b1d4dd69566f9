"""What each page says, worked out from live values and history before any markup is written."""
