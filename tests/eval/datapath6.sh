#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/eval/datapath6.sh [TEST...]: datapath.sh for IPv6.
set -eu
export family=6
. "$(dirname "$0")/datapath.sh"
