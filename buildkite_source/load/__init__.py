"""One whole run, for the command line and for any scheduler."""
