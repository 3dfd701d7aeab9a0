"""What Streamlit runs for each visit: the URL -> the page that it names; see dashboard/serve.py."""

from dashboard.site import show_site

show_site()
