"""What every worker starts as: all that typesetting needs, loaded once, in the process that workers are forked from.

That process does nothing else, has one thread and ends with the renderer; a worker, and its successor, is there at once
and shares the memory of what was loaded.
"""

import gc
import os

from services.renderer import typesetting

PID = os.getpid()
"""The process workers are forked from; in a worker, its parent."""

typesetting.faces()
gc.collect()
gc.freeze()  # what is loaded stays: no worker's collection need look at it, or copy its pages by touching them
