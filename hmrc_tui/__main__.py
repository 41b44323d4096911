"""Running `python -m hmrc_tui` is running `hmrc-tui`."""

from hmrc_tui.cli import main

if __name__ == "__main__":
    main()
