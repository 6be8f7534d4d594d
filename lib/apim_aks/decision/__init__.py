"""What is counted, what must hold, what comes first, and what would change it."""
