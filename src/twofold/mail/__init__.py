"""The mail adapter: what mails say (`messages.py`) and how they leave (`smtp.py`)."""
