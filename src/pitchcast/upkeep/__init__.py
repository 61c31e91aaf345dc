"""What keeps a show in order: sources, strays, caches and interrupted commands, looked at and mended."""
