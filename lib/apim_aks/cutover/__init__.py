"""The callers of today: what changes for whom, how they are moved, and how the old is closed."""
