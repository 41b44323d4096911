"""What each screen shows, as pure functions of what is known: no Textual here, and no reading or asking."""
