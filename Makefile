# Every module of the repository: the root and the nested ones.
MODULES := $(patsubst %/go.mod,%,$(shell find . -name go.mod -not -path '*/testdata/*' -not -path '*/.*/*' | sort))

# The race detector needs a C compiler.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
ERRCHECK    := github.com/kisielk/errcheck@v1.30.0
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
MERMAID     := mermaid@11.17.2

# Where the snippets of README and docs stand; docs/golangci.yml names the files, too.
SNIPPETS      := . ./observe ./recipes/... ./cqltest ./cqltest/explore ./examples/pages ./migrate ./apache ./otel ./linear
SNIPPET_FILES := (^|/)(example[^/]*|recipes)_test[.]go:

# Where tests run in a synctest bubble. These are built without the race detector, which
# crashes on a bubble's timers: https://github.com/golang/go/issues/78156.
BUBBLES = $(shell grep -rlE --include='*_test.go' '"testing/synctest"|leak[.]Bubble|explore[.](Run|Find)' . | xargs -n 1 dirname | sort -u)

# The modules that share a workspace, and those that have their own: one replaces gocql, and one has Prometheus.
FORK     := ./integration/drivers/scylla
PICTURES := ./otel/dashboard
APART    := $(FORK) $(PICTURES)
# The fork's workspaces: one for each version of it that is tested.
FORKS    := go.work v1.17.3.work
FORKED   ?= ../../../internal/driver/... ../../.. ../../../recipes/...
TOGETHER := $(addsuffix /...,$(filter-out $(APART),$(MODULES)))
NODES       ?= 1
VERSIONS    ?= 5.0.6 5.0.8 6.0-alpha2
# Which of the mapper's tests run over Apache's driver.
MAPPED      ?= .
FUZZTIME    ?= 10s
BENCH       ?= .
DRIVER      ?= gocql

# Where coodie is used, besides the machine that lints.
PLATFORMS := linux/amd64 linux/arm64 linux/386 linux/arm darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# $(call check,DIR,RACE,PACKAGES): with the race detector as make test has it, since most of the
# time goes into compiling packages for each other, and this way they are compiled once.
check = cd $(1) && go vet $(2) $(3) && GOFLAGS="$$(go env GOFLAGS) $(2)" $(CURDIR)/bin/staticcheck $(3)

.DEFAULT_GOAL := help

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: ## test every module; what needs a Cassandra starts one or skips (COODIE_LONG=1 for all)
	@set -e; for module in $(MODULES); do \
		case $$module in \
		./integration*) flags="$(RACE) -p 1 -count 1 -timeout 20m" ;; \
		$(PICTURES)) flags="-timeout 10m" ;; \
		*) flags="$(RACE) -timeout 10m" ;; \
		esac; \
		echo "== $$module: go test $$flags"; \
		(cd $$module && go test -vet=off $$flags ./...); \
	done
	@$(if $(RACE),$(MAKE) bubbles)

.PHONY: bubbles
bubbles:
	@set -e; for dir in $(BUBBLES); do \
		echo "== $$dir: go test, for its synctest bubbles"; \
		(cd $$dir && go test -vet=off -timeout 10m .); \
	done

.PHONY: forks
forks: ## run the mapper's tests with ScyllaDB's fork of gocql (FORKED=packages; on Cassandra too: COODIE_HOSTS=...)
	@set -e; cd $(FORK); for work in $(FORKS); do \
		echo "== $$work: go test"; \
		GOWORK=$$PWD/$$work go test -vet=off -timeout 10m ./... $(FORKED) \
			$$([ -z "$$COODIE_HOSTS" ] || echo ../../mapper); \
	done

.PHONY: compile
compile: ## compile all packages and their tests, as test and lint need them
	@go list $(RACE) -export -test $(TOGETHER) >/dev/null

.PHONY: lint
lint: ## check format, go vet, staticcheck, and types on every platform
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	@GOBIN=$(CURDIR)/bin go install $(STATICCHECK)
	@$(call check,.,$(RACE),$(TOGETHER))
	@$(call check,$(FORK),$(RACE),./...)
	@$(call check,$(PICTURES),,./...)
	@$(if $(RACE),$(call check,.,,$(BUBBLES)))
	@go build -o bin/coodievet ./vet/cmd/coodievet
	@go vet -vettool=$(CURDIR)/bin/coodievet ./recipes/... ./examples/...
	@go run ./integration/cmd/platforms ./... ./cmd/coodie/... -- $(PLATFORMS)

.PHONY: snippets
snippets: ## errcheck, staticcheck and golangci-lint on the snippets of README and docs; the first build takes minutes
	@for tool in $(STATICCHECK) $(ERRCHECK) $(GOLANGCI); do GOBIN=$(CURDIR)/bin go install $$tool; done
	@bin/staticcheck $(SNIPPETS)
	@! bin/errcheck $(SNIPPETS) | grep -E '$(SNIPPET_FILES)'
	@bin/golangci-lint run -c docs/golangci.yml $(SNIPPETS)

# Python's packages of the site, and mermaid: installed again when their versions change.
bin/docs/venv/installed: docs/site/requirements.txt
	@rm -rf bin/docs/venv && mkdir -p bin/docs && python3 -m venv bin/docs/venv
	@bin/docs/venv/bin/pip install --quiet -r docs/site/requirements.txt && touch $@

bin/docs/$(MERMAID).js:
	@mkdir -p bin/docs && cd bin/docs && npm pack --silent $(MERMAID) >/dev/null && \
		tar -xzOf $(subst @,-,$(MERMAID)).tgz package/dist/mermaid.min.js >$(MERMAID).tmp && \
		mv $(MERMAID).tmp $(MERMAID).js; status=$$?; rm -f $(subst @,-,$(MERMAID)).tgz; exit $$status

.PHONY: docs
docs: bin/docs/venv/installed bin/docs/$(MERMAID).js ## build the site into bin/docs/site; a broken link fails. Needs python3-venv and npm
	@NO_MKDOCS_2_WARNING=1 MERMAID=$(CURDIR)/bin/docs/$(MERMAID).js bin/docs/venv/bin/mkdocs build --quiet --strict

.PHONY: docs-version
docs-version: docs ## commit the site as version SITE=v0.1, the latest, to the branch gh-pages
	@test -n "$(SITE)" || { echo "usage: make docs-version SITE=v0.1"; exit 2; }
	@export NO_MKDOCS_2_WARNING=1 MERMAID=$(CURDIR)/bin/docs/$(MERMAID).js PATH="$(CURDIR)/bin/docs/venv/bin:$$PATH"; \
		mike deploy --update-aliases "$(SITE)" latest && mike set-default latest

.PHONY: docs-check
docs-check: docs ## open every page of the site in chromium at a phone's width: links, overflow, pictures, copy buttons
	cd integration && go run ./cmd/sitecheck -dir $(CURDIR)/bin/docs/site

.PHONY: cassandra
cassandra: ## run a real Cassandra on 127.0.0.1 until interrupted (NODES=3 for three, VERSION=5.0.8 for another)
	go run ./integration/cmd/cassandra -nodes $(NODES) $(if $(VERSION),-version $(VERSION))

.PHONY: matrix
matrix: ## run the mapper's tests on each version of Cassandra that README names (VERSIONS="5.0.8")
	@set -e; for version in $(VERSIONS); do \
		echo "== Cassandra $$version: go test"; \
		(cd integration && COODIE_CASSANDRA=jars COODIE_VERSION=$$version go test -vet=off -count 1 -timeout 30m ./mapper); \
	done

.PHONY: apache
apache: ## run Apache's driver: its module, and the mapper's tests on Cassandra (MAPPED=regexp)
	go test -vet=off -timeout 10m ./apache/...
	cd integration && COODIE_DRIVER=apache go test -vet=off -count 1 -timeout 30m ./mapper -run '$(MAPPED)'

.PHONY: chaos
chaos: ## break three nodes for half an hour and check what clients were told (CHAOS="-duration 1m")
	cd integration && go run ./cmd/chaos $(CHAOS)

.PHONY: nightly
nightly: chaos matrix ## what takes too long for CI: chaos, every version of Cassandra, the long forms of the tests, snippets, the site
	cd integration && go test -vet=off -count 1 -timeout 90m -run TestRandomLong ./diff -args -statements 100000
	cd integration && COODIE_LONG=1 go test -vet=off -p 1 -count 1 -timeout 90m ./model ./migrate ./mapper
	COODIE_LONG=1 go test -vet=off -timeout 60m . ./recipes/... ./internal/slots ./internal/house
	$(MAKE) apache forks snippets docs-check

.PHONY: fuzz
fuzz: ## run every fuzz target for a short while (FUZZTIME=10s)
	@set -e; grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . | sort | \
	sed 's/:func / /' | while read -r file target; do \
		echo "== $$file: $$target"; \
		(cd "$$(dirname "$$file")" && go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) .); \
	done

.PHONY: bench
bench: ## measure coodie beside gocql and gocqlx (BENCH=regexp, DRIVER=apache or fork)
	@cd bench && $(if $(filter fork,$(DRIVER)),GOWORK=$(CURDIR)/$(APART)/bench.work) go run . -driver '$(DRIVER)' -run '$(BENCH)'

.PHONY: bench-cluster
bench-cluster: ## measure on a real cluster of one and three nodes (CLUSTER="-nodes 1")
	cd integration && go run ./cmd/benchcluster $(CLUSTER)

.PHONY: bench-gate
bench-gate: ## check that coodie allocates no more than it may
	@cd bench && go run . -gate

.PHONY: bench-bulk
bench-bulk: ## measure GetMany, SaveAll and Scan beside an errgroup on gocql and gocqlx (BULK="-hosts 127.0.0.1 -rf 1")
	@cd bench && go run ./bulk $(BULK)

.PHONY: bench-profile
bench-profile: ## write what each operation of the benchmarks allocates, and whose code does so, to bench/profile.txt
	@cd bench && go run . -profiles profile.txt

.PHONY: bench-server
bench-server: ## measure the embedded server: its start, and a conditional write through gocql
	@go test ./cqltest -run '^$$' -bench 'Start|CAS' -benchmem

.PHONY: bench-build
bench-build: ## measure what coodie costs a user's build, beside gocqlx (BUILD="-method", "-gate")
	@cd bench && go run ./build $(BUILD)

.PHONY: trip
trip: ## print the files that one conditional update visits, on its way to the frame and back
	@cd bench && go run ./trip

.PHONY: bench-connect
bench-connect: ## measure the settings that Connect chooses (HOSTS=127.0.0.1: on a real server too)
	@cd bench && go run . -settings -hosts '$(HOSTS)'

.PHONY: pictures
pictures: ## draw the pictures of docs: the session of docs/schema.md; for docs/observability.md the shop under load, through Prometheus
	cd cmd/coodie && COODIE_UPDATE=1 go test -count 1 -run 'TestPicture$$' .
	cd $(PICTURES) && go run . -out $(CURDIR)/docs/observability

.PHONY: cover
cover: ## measure what the root module's tests cover
	@mkdir -p bin
	go test -coverpkg ./... -coverprofile bin/cover.prof ./...
	@go tool cover -func bin/cover.prof | tail -n 1
	@echo "lines: go tool cover -html bin/cover.prof"
