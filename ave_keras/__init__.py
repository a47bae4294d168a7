"""Audio-visual event localization in Keras 3."""
