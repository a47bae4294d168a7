"""How results are shown: terminal, Markdown, CSV, LaTeX and HTML."""
