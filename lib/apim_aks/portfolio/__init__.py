"""Many workloads: each worked out by itself, and what only shows when they stand together."""
