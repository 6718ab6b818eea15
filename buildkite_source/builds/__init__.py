"""Build lists, read pass by pass: what to ask for, what was read, what is remembered."""
