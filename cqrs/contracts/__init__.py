"""What others may rely on: written from the services, and held true by a check."""
