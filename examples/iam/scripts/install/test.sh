#!/bin/sh
# test.sh iam::test::smoke|apiserver|authz|pump: tests the installation that iamctl is configured for.
# Ends with 0 and a congratulation as its last line, or with 1 and the name of the step that failed.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ -f "$root/bin/iamctl.js" ]; then
  exec node "$root/bin/iamctl.js" test "${1:-iam::test::smoke}"
fi
# From the sources, without an image.
exec node "$root/start.mjs" iamctl test "${1:-iam::test::smoke}"
