"""What can stop a conversion.

ConversionStopped
├── InputInvalid    a file, column or cell that is missing or makes no sense; says where, and how to mend it
└── OutputRefused   a place that can't be written without losing something
"""


class ConversionStopped(Exception):
    """Anything that ends a conversion before a byte of it is in place."""


class InputInvalid(ConversionStopped):
    """A file, column or cell of the data set that is missing or makes no sense."""


class OutputRefused(ConversionStopped):
    """A directory that holds something other than a converted network."""
