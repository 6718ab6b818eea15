"""The command line: arguments, progress and words."""
