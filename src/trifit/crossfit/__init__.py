"""A card's model fitted to every training set of a data set, and what is predicted for the rest."""
