"""How pages are served: options -> Streamlit on loopback.

Streamlit's script lies here, as it would take a folder `pages` beside it for scripts of its own.
"""
