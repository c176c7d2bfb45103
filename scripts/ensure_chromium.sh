#!/usr/bin/env bash
# Put a Chromium on the PATH for the browser test, where this machine lets us.
# Never fails: without a browser the test skips, and the line printed here says why.
set -euo pipefail

if command -v chromium >/dev/null 2>&1; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "No chromium on the PATH and no apt-get to install it: the browser test will skip."
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "No chromium on the PATH and not root: the browser test will skip." \
        "Install it with 'sudo apt-get install chromium fonts-dejavu-core'."
    exit 0
fi

echo "Installing chromium for the browser test ..."
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
install_chromium() {
    apt-get -o DPkg::Lock::Timeout=300 update &&
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
            chromium fonts-dejavu-core
}
if install_chromium >"$log" 2>&1; then
    chromium --version
else
    tail -n 20 "$log"
    echo "apt-get could not install chromium: the browser test will skip."
fi
