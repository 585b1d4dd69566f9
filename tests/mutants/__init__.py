"""Mutation testing of the domain and the evaluator: `make mutants`, described in docs/mutation.md."""
