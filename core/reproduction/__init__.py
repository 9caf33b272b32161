"""The tables of Huang et al. 2014 made again: which rows, their training, figures and report.

``catalogue`` says which rows there are, ``units`` what has to be computed for them, ``work`` and
``workers`` compute it, ``records`` keeps it, ``results``, ``findings`` and ``report`` say what came
of it. Torch is loaded by ``work`` alone.
"""
