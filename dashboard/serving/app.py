"""What Streamlit runs for each visit: the URL -> the page that it names."""

from dashboard.site import show_site

show_site()
