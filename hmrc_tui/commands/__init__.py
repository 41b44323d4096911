"""The commands of `hmrc-tui`, one file a group; each imports what it needs when it runs."""
