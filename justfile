set shell := ["bash", "-euo", "pipefail", "-c"]
export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

# the kernel tests get a network of their own; who is not root becomes root of a user namespace
apart := if `id -u` == "0" { "" } else { "--user --map-root-user" }
# whom pytest takes for root may not own root's directory
temporary := "/tmp/podroute-tests-" + `id -u`
own_network := "unshare " + apart + " --net --mount sh -c 'ip link set lo up && mkdir -p " + temporary + " && PYTEST_DEBUG_TEMPROOT=" + temporary + " exec \"$@\"' sh"

decisions := "src/podroute/model/*,src/podroute/claims/*,src/podroute/ipam/*,src/podroute/routing/*,src/podroute/bridge/*,src/podroute/controllers/election.py,src/podroute/controllers/pace.py,src/podroute/providers/endpoint.py,src/podroute/providers/by_destination.py,src/podroute/providers/decoded.py,src/podroute/providers/startup.py,src/podroute/providers/typed.py,src/podroute/providers/symmetry.py,src/podroute/providers/used.py,src/podroute/providers/linux/translate.py,src/podroute/providers/linux/changes.py,src/podroute/providers/linux/allowed.py,src/podroute/providers/linux/lines.py,src/podroute/providers/linux/messages.py,src/podroute/providers/linux/records.py,src/podroute/providers/linux/ip_program.py,src/podroute/providers/linux/ssh_options.py,src/podroute/providers/linux/checks.py,src/podroute/providers/ssh/settings.py,src/podroute/providers/ssh/failures.py,src/podroute/providers/https/settings.py,src/podroute/providers/https/failures.py,src/podroute/providers/https/marks.py,src/podroute/providers/https/typed.py,src/podroute/providers/routeros/settings.py,src/podroute/providers/routeros/wire.py,src/podroute/providers/routeros/translate.py,src/podroute/providers/routeros/changes.py,src/podroute/providers/routeros/refusals.py,src/podroute/providers/routeros/checks.py,src/podroute/providers/vyos/settings.py,src/podroute/providers/vyos/wire.py,src/podroute/providers/vyos/translate.py,src/podroute/providers/vyos/changes.py,src/podroute/providers/vyos/refusals.py,src/podroute/providers/vyos/checks.py,src/podroute/providers/bird/settings.py,src/podroute/providers/bird/answers.py,src/podroute/providers/bird/checks.py,src/podroute/providers/bird/protocols.py,src/podroute/providers/bird/include_file.py,src/podroute/providers/bird/translate.py,src/podroute/providers/bird/changes.py,src/podroute/providers/frr/settings.py,src/podroute/providers/frr/answers.py,src/podroute/providers/frr/translate.py,src/podroute/providers/frr/changes.py,src/podroute/providers/frr/checks.py,src/podroute/providers/gobgp/settings.py,src/podroute/providers/gobgp/paths.py,src/podroute/providers/gobgp/translate.py,src/podroute/providers/gobgp/changes.py,src/podroute/providers/gobgp/checks.py,src/podroute/providers/gobgp/neighbors.py,src/podroute/providers/gobgp/failures.py,src/podroute/providers/aws/translate.py,src/podroute/providers/aws/changes.py,src/podroute/providers/aws/checks.py,src/podroute/providers/aws/marks.py,src/podroute/providers/aws/peerings.py,src/podroute/providers/aws/refusals.py,src/podroute/providers/aws/typed.py,src/podroute/providers/aws/answers.py,src/podroute/providers/gcp/checks.py,src/podroute/providers/gcp/names.py,src/podroute/providers/gcp/inventory.py,src/podroute/providers/gcp/translate.py,src/podroute/providers/gcp/rounds.py,src/podroute/providers/gcp/refusals.py,src/podroute/providers/gcp/settings.py"

# what there is to run
default:
    @just --list --unsorted

# everything that must be green before a commit
check: shape types test

# format and mend what can be mended
fmt:
    ruff format .
    ruff check --fix-only .

# layout, style and the direction of imports
shape:
    ruff format --check .
    ruff check .
    lint-imports

# two type checkers: they find different things
types:
    mypy
    basedpyright --level error

# fast: no root, no network
test *args:
    pytest -n 2 --dist worksteal tests/unit tests/property tests/model tests/contract tests/appliances tests/aws tests/gcp tests/architecture -m "not netns and not cluster" {{args}}

# the same laws, with many more examples
laws:
    HYPOTHESIS_PROFILE=thorough pytest -n 2 tests/property tests/model --timeout 3600

# real kernel, real CNI plugins, the lab
netns *args:
    tests/onprem/daemons >/dev/null
    tests/onprem/daemons trixie >/dev/null
    tests/goprograms/build cni-plugins >/dev/null
    tests/goprograms/build gobgp >/dev/null
    tests/goprograms/build ocicni >/dev/null
    {{own_network}} pytest -m netns {{args}}

# real kube-apiserver, etcd, kubelet and containerd; builds them at the first call
cluster *args:
    tests/controlplane/build >/dev/null
    tests/goprograms/build cni-plugins >/dev/null
    tests/goprograms/build containerd >/dev/null
    {{own_network}} pytest -m cluster {{args}}

# the live page in a real Chromium
web *args:
    pytest -n 2 -m web tests/web {{args}}

# the pictures of docs/web.md, from the real page
screenshots:
    python -m tests.web.screenshots

# what podroute knows of GoBGP's API, after a change of gobgp.proto
gobgp-api:
    python -m grpc_tools.protoc -I src/podroute/providers/gobgp/api --python_out=src/podroute/providers/gobgp/api --pyi_out=src/podroute/providers/gobgp/api gobgp.proto

# do the tests notice when a decision changes?
mutants:
    rm -rf mutants
    HYPOTHESIS_PROFILE=mutants mutmut run
    mutmut results

# the figures of docs/benchmarks.md
bench:
    {{own_network}} python -m tests.bench.run

# start a news fragment: just news 42 fix "…"
news number kind text:
    towncrier create --content "{{text}}" {{number}}.{{kind}}.md

# every test with the coverage of all of them
covered:
    coverage erase
    just test --cov --cov-report= --cov-append
    just cluster --cov --cov-report= --cov-append
    just netns --cov --cov-report= --cov-append
    just web --cov --cov-report= --cov-append
    coverage report --include='{{decisions}}' --fail-under=100
    coverage report --fail-under=90

# what CI runs
ci: shape types covered
