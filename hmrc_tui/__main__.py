"""Running `python -m hmrc_tui` is running `hmrc-tui`."""

from hmrc_tui.cli import main

main()
