"""Reports for the terminal and in Markdown, CSV, LaTeX and HTML."""
