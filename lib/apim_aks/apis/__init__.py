"""Which APIs the Services become: the mapping, the published documents, the contract."""
