"""Exit codes of the command line; 0 is done, and 2 is click's own for wrong usage."""

FAILED = 1  # nothing was done
PARTIAL = 3  # some files could not be read
