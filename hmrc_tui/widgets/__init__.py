"""The widgets of the terminal interface, one file each."""
