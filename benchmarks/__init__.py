"""One module a figure; `python -m benchmarks FIGURE` runs its `main()` and prints JSON lines."""
