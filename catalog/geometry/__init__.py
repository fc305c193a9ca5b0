"""What a transformation does to points: affine algebra, chains of steps, inverses."""
