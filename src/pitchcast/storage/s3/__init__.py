"""Any S3-compatible service: where it lies, its clients, its errors, who may read, old versions."""
