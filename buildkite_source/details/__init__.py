"""What hangs on builds, jobs and test runs: which is missing, fetched within a budget."""
