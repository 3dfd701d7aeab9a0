"""What is its owner's alone: a folder made with mode 0700, and whether others may use a path.

Within such a folder files have whatever mode the umask gives them: nobody else gets to them.
"""

import errno
import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, for their owner alone; return it.

    One that is there keeps its mode: somebody may share it on purpose. Raises OSError.
    """
    missing = [step for step in (folder, *folder.parents) if not step.exists()]
    for step in reversed(missing):
        step.mkdir(mode=stat.S_IRWXU, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    return folder


def is_open_to_others(path: Path) -> bool:
    """Return whether the mode of a file or folder lets anyone but its owner do anything with it.

    Raises OSError.
    """
    return bool(path.stat().st_mode & OTHERS)
