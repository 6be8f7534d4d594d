"""The proxies that stand where the cluster is entered: which one, and what it does not prove."""
