"""What goes wrong: one class for each status of bauta.h."""


class Error(Exception):
    """Any failure of bauta. The message says what is wrong and what to do."""


class InvalidArgument(Error, ValueError):
    """A mistake in the call."""


class FileProblem(Error, OSError):
    """A file that is missing, damaged, or cannot be written."""


class NoFace(Error):
    """There is no face to de-identify; nothing was written."""


class NotHidden(Error):
    """A face is recognized even in one grey, by what is around its box; nothing was written."""


class CannotOpen(Error):
    """Another key, or a picture or file that was changed."""


class NotRestorable(Error):
    """Nothing in the picture can come back, or not in this way."""


class OutOfMemory(Error, MemoryError):
    """The machine or the card has not enough memory."""


class NoDevice(Error):
    """There is no card to compute on."""
