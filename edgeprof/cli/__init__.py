"""One file a command: parse, call a workflow, print, and the exit code."""
