"""Runnable pipelines: the command line, the runner, its progress and its report."""
