# What a developer and CI run. Each target installs the Debian packages that it lacks (as root, or through sudo).

SWIFT ?= swift
ARGS ?=

.PHONY: help run build test check purity lint interop image bench bench-http bench-policies thresholds mutants fuzz fuzz-plants sanitize \
	torture endurance clean swift openssl ceph interop-python

help: ## What there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: openssl ## The service, a local bucket and a page to try them: http://localhost:8080 (ARGS="--port 8081")
	$(SWIFT) build --product countersign
	.build/debug/countersign dev $(ARGS)

build: openssl ## The release binary, with the Swift runtime inside
	$(SWIFT) build -c release --product countersign --static-swift-stdlib

test: openssl purity ## Unit and property tests, and the proof that the core is pure
	$(SWIFT) test

check: openssl ## The shipped environments: policies, CORS, lifecycle and the signer's rights fit their rules
	$(SWIFT) build --product countersign
	.build/debug/countersign policy validate policies/
	.build/debug/countersign check

purity: openssl
	Tests/Linkage/test-check-imports
	Tests/Linkage/check-imports
	Tests/Linkage/check-linkage

lint: swift ## Format, imports of each target, paths, syntax of scripts
	.ci/lint

interop: openssl ceph interop-python ## The built binary against other people's: a browser, S3 servers, the AWS CLI, boto3, curl
	@.ci/need 'command -v chromium && command -v chromedriver' chromium chromium-driver
	@.ci/need 'command -v curl && command -v openssl' curl openssl
	@.ci/need 'node -e fetch' nodejs
	@.ci/need 'ruby -e "require %q(rails); require %q(active_storage/engine); require %q(sqlite3)"' ruby ruby-activestorage ruby-railties ruby-sqlite3
	$(SWIFT) build --product countersign
	Tests/Interop/run

torture: openssl ## Floods, drips, smuggling, full disks, kill -9, wrong clocks and silent upstreams (ARGS="idle headers")
	@.ci/need 'command -v python3 && command -v setpriv && command -v prlimit && command -v unshare' python3 util-linux
	@.ci/need 'command -v wrk && command -v openssl' wrk openssl
	@.ci/need 'ls /usr/lib/*/faketime/libfaketimeMT.so.1' libfaketime
	Tests/Torture/run $(ARGS)

image: swift ## The container image, built without an engine and tried as a container (as root)
	@.ci/need 'command -v buildah && command -v debootstrap' buildah debootstrap
	@.ci/need 'command -v ip && command -v unshare' iproute2 util-linux
	Tests/Image/run

bench: openssl ## What signing costs, beside libcrypto alone and boto3 (ARGS="put-url" for one measure)
	@.ci/need '/usr/bin/python3 -c "import ensurepip, venv"' python3 python3-venv
	Tests/Benchmarks/run $(ARGS)
	$(if $(ARGS),,$(MAKE) bench-http)

bench-http: openssl ## What POST /v1/uploads costs beside a bare route, and its memory (ARGS="--rounds 3")
	@.ci/need 'command -v python3' python3
	Tests/Benchmarks/HTTP/run $(ARGS)

bench-policies: openssl ## What validating 1,000 policies costs beside parliament, and what it and cfn-lint find (ARGS="--program FILE")
	@.ci/need '/usr/bin/python3 -c "import ensurepip, venv"' python3 python3-venv
	Tests/Benchmarks/Policies/run $(ARGS)

thresholds: openssl ## Allocations and instructions held to the committed ones (ARGS=--write to commit others)
	@.ci/need 'command -v valgrind && command -v strip && command -v python3' valgrind binutils python3
	Tests/Benchmarks/test-check-thresholds
	Tests/Benchmarks/check-thresholds $(ARGS)

mutants: swift ## The policy evaluator changed in one place at a time: how many changes the tests catch (ARGS="--count 20")
	@.ci/need 'command -v python3' python3
	Tests/Mutants/run $(ARGS)

fuzz: openssl ## Everything that reads what strangers send, a minute each (ARGS="--seconds 600 policy", ARGS=--keep)
	Tests/Fuzz/run $(ARGS)

fuzz-plants: openssl ## Bugs planted in a copy of the sources, and seen to be found by the fuzzers (ARGS="--set 2 policy")
	@.ci/need 'command -v python3' python3
	Tests/Fuzz/test-plants $(ARGS)

sanitize: openssl ## All tests under the thread and the address sanitizer (ARGS="address" for one of them)
	Tests/Sanitizers/run $(ARGS)

endurance: openssl ceph interop-python ## An hour of uploads over restarts and rotations: nothing lost, nothing grows (ARGS="--minutes 5")
	@.ci/need 'command -v unshare && command -v setpriv' util-linux
	@.ci/need 'test -s /etc/ssl/certs/ca-certificates.crt' ca-certificates
	$(SWIFT) build -c release --product countersign
	Tests/Endurance/run $(ARGS)

clean: ## Everything that was built
	rm -rf .build .build-asan .build-tsan .build-image .build-interop .build-mutants .build-plants .build-torture Tests/Linkage/.build \
		Tests/Benchmarks/.build Tests/Fuzz/.build

swift:
	@command -v $(SWIFT) >/dev/null || { echo "Swift 6.3 is needed: https://www.swift.org/install" >&2; exit 1; }

ceph:
	@.ci/need 'command -v ceph && command -v ceph-mon && command -v ceph-osd && command -v radosgw && command -v radosgw-admin' \
		ceph-common ceph-mon ceph-osd radosgw

interop-python:
	@.ci/need '/usr/bin/python3 -c "import ensurepip, venv"' python3 python3-venv

openssl: swift
	@.ci/need 'pkg-config --atleast-version=3 libcrypto' libssl-dev pkg-config
