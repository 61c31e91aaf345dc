"""How access logs are written: one module a format, and one that tells them apart."""
