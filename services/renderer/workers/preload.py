"""Imported by the forkserver: all that typesetting needs, so that workers are forked with it and share its memory.

The forkserver does nothing else, has one thread and exits with the renderer. It executes itself again where it was
started with variables that workers must not have.
"""

from services.renderer.workers import environment

environment.execute_without_the_rest()

import ctypes.util  # noqa: E402
import gc  # noqa: E402

gc.disable()  # until all is loaded: nothing of it is garbage

# WeasyPrint tries the names its libraries have on other systems first; for each, this would ask a compiler where it is.
search, ctypes.util.find_library = ctypes.util.find_library, lambda name: None

import pebble.pool.process  # noqa: E402, F401

from services.renderer.assembly import segments  # noqa: E402, F401
from services.renderer.typesetting import typesetter  # noqa: E402
from services.renderer.workers import child, confinement, tasks  # noqa: E402, F401

confinement.prepare()
ctypes.util.find_library = search

typesetter.faces()
gc.collect()
gc.freeze()  # what is loaded stays: no worker's collection need look at it, or copy its pages by touching them
gc.enable()
