"""FACE: the REST API under `/api/v1`, for applications that keep their own passwords.

The gate (`access.py`) stands before everything: it knows every route with the scope that it needs.
Behind it FastAPI checks what was sent and calls the handler, which calls one flow and answers.
"""
