"""``python -m napari_abc`` is the shell command ``napari-abc``."""

import sys

from napari_abc.cli import main

if __name__ == "__main__":
    sys.exit(main())
