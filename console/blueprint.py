"""The blueprint on which every view of the console is hung."""

from flask import Blueprint

bp = Blueprint(
    "console",
    __name__,
    url_prefix="/console",
    static_folder="static",
    template_folder="templates",
)
