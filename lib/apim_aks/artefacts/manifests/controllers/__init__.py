"""A file for each way of configuring an ingress: `api` of data/ingress_gateways.csv names it."""
