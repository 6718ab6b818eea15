"""Loading Buildkite builds, measured: this source against other ways to do the same."""
