"""Federated averaging in numpy for Flower, with the numbers of the dashboard's default engine: same data, split, weights, choices and batches by seed."""
