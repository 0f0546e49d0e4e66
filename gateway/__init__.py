"""The federation gateway: one GraphQL endpoint over the services. Routing, and nothing else."""
