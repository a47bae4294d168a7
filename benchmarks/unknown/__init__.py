"""How well trained models tell events of classes that they have not learned."""
