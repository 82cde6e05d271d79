"""The methods of fitting, one file each: ``fit(training) -> Fit``.

A method gets everything from a :class:`trifit.fit.training.Training`: the model's density,
the rows, the card's settings, random numbers by name, and the other fits. It may have
``check(density, card)``, which refuses a model before anything is fitted. Which contestant it
fits is written in :data:`trifit.contestants.CONTESTANTS`.
"""
