"""How well trained models detect events of classes that they have not learned."""
