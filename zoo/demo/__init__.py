"""A demonstration on films that it makes itself: from films to features, a model, and pages."""
