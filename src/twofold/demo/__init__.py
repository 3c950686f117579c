"""`twofold demo`: an organisation in every state, made by playing the flows under a clock that
jumps, and then served. Read `player.py` first; `docs/design/demo.md` says what it promises.
"""
