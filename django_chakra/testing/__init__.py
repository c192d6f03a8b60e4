"""For our tests, the demo, benchmarks and host projects' own tests: samples, calls,
a signer, a fake of the platform, fixtures."""
