"""What interoperability.py calls of other libraries, and with which arrays."""
