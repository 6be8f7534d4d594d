"""Who can open a connection to which pods: computed from manifests, exactly, with reasons.

What the answers mean and what they rest on: docs/reachability.md.
"""
