#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest in virtual time: the modules that datapaths and instruments need, and twineval.
set -eu
PATH=$PWD/build:$PATH
for module in twinpath pktgen sch_ingress cls_bpf; do
	modprobe "$module"
done
exec twineval run --clock virtual --no-report --out "$OUT" "$@"
