# SPDX-License-Identifier: GPL-2.0-only
"""Crash dumps of a Xen host: xen-kdump(8)."""
