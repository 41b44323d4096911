"""HMRC on the wire: endpoints, schemas, errors, the client, OAuth, and the life of the grant."""
