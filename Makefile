# Every command works on a fresh machine: it installs and configures what is missing, once, and builds what changed.

SHELL := bash
.NOTPARALLEL:
.PHONY: help demo serve test test-all bench bench-live bench-cluster bench-kernels bench-dashboard soak-cluster build format clean

solution := PlayFair.Orleans.sln
DEMO_VIDEO ?= samples/3000014-opening.mp4

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## attribute a sample video: the frames' values here, and a report in artifacts/demo.html
	@scripts/setup ffmpeg
	@scripts/build src/PlayFair.Cli
	@mkdir -p artifacts
	@src/PlayFair.Cli/bin/Release/net10.0/playfair attribute "$(DEMO_VIDEO)" --html artifacts/demo.html

serve: ## attribute sample videos and a synthetic camera while they play, on http://127.0.0.1:5080, until Ctrl-C
	@scripts/setup ffmpeg
	@scripts/build src/PlayFair.Cli
	@exec src/PlayFair.Cli/bin/Release/net10.0/playfair serve --demo

test: ## check the format and run all tests
	@scripts/setup ffmpeg chromium rtsp-server postgresql
	@scripts/build $(solution)
	@scripts/test

test-all: ## the same, and the numerical tests once more without SIMD instructions
	@scripts/setup ffmpeg chromium rtsp-server postgresql
	@scripts/build $(solution)
	@scripts/test --without-simd-too

bench: ## measure how fast this machine computes values (docs/benchmarks.md)
	@scripts/setup
	@scripts/build src/PlayFair.Cli
	@src/PlayFair.Cli/bin/Release/net10.0/playfair bench esv

bench-live: ## measure the live service: overhead, latency, subscribers, hours at full speed (docs/benchmarks.md)
	@scripts/setup ffmpeg
	@scripts/build src/PlayFair.Cli
	@src/PlayFair.Cli/bin/Release/net10.0/playfair bench live

bench-cluster: ## measure what a cluster costs next to one process (docs/benchmarks.md)
	@scripts/setup ffmpeg
	@scripts/build src/PlayFair.Cli
	@src/PlayFair.Cli/bin/Release/net10.0/playfair bench cluster

bench-kernels: ## measure the innermost loops, for each width of vectors
	@scripts/setup
	@scripts/build tests/PlayFair.Benchmarks
	@tests/PlayFair.Benchmarks/bin/Release/net10.0/PlayFair.Benchmarks --filter '*'

bench-dashboard: ## measure the dashboard in Chromium: frames a second, first paint, memory (docs/benchmarks.md)
	@scripts/setup ffmpeg chromium
	@scripts/build tests/PlayFair.Dashboard.Benchmarks
	@tests/PlayFair.Dashboard.Benchmarks/bin/Release/net10.0/PlayFair.Dashboard.Benchmarks $(BENCH)

soak-cluster: ## end a cluster's silos at random for MINUTES=60, and count what readers lose (docs/cluster.md)
	@scripts/setup ffmpeg postgresql
	@scripts/build tests/PlayFair.Grains.Tests
	@scripts/soak-cluster

build: ## build everything
	@scripts/setup
	@scripts/build $(solution)

format: ## put the code into the format that the tests check
	@scripts/setup
	@dotnet format $(solution)

clean: ## delete everything that was built; what was installed and configured stays
	@rm -rf artifacts .cache/built-* src/PlayFair.Dashboard/dist
	@find src tests samples external -name node_modules -prune -o \
		-type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
