"""A face: forward authentication for reverse proxies (`app.py`)."""
