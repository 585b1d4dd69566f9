"""Job controllers, one module or folder each."""
