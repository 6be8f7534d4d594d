"""The tests: a folder for each room of the library, `support` for what they share."""
