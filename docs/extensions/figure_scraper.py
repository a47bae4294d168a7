"""Takes the figures of tutorials, which `ave_keras.plots` makes without pyplot, for their pages."""

from sphinx_gallery.scrapers import figure_rst


def _get_sg_image_scraper():
    return scrape


def scrape(block, block_vars, gallery_conf):
    """Saves the variable `figure` of a block, if it has one."""
    figure = block_vars["example_globals"].pop("figure", None)
    if figure is None:
        return ""
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path, dpi=150)
    return figure_rst([path], gallery_conf["src_dir"])
