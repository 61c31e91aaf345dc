"""What commands answer: the frozen types behind ``--json`` and the library. Fields are added, never renamed."""
