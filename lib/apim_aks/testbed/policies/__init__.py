"""A closed interpreter of API Management's policies, for the testbed."""
