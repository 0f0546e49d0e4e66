"""PostgreSQL, Kafka and an issuer of tokens, with nothing to install."""
