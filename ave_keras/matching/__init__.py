"""Cross-modality localization: where in a clip's picture a sound belongs, and the reverse (paper Sec. 5, Eq. 8)."""

from ave_keras.matching.linear_cca import fit_projections, linear_cca
from ave_keras.matching.pair import Match, match
from ave_keras.matching.queries import Queries, event_runs, queries
from ave_keras.matching.references import references
from ave_keras.matching.scores import scores
from ave_keras.matching.windows import DIRECTIONS, distance_model, localize, window_costs

__all__ = [
    "DIRECTIONS",
    "Match",
    "Queries",
    "distance_model",
    "event_runs",
    "fit_projections",
    "linear_cca",
    "localize",
    "match",
    "queries",
    "references",
    "scores",
    "window_costs",
]
