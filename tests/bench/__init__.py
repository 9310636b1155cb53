# SPDX-License-Identifier: GPL-2.0-only
"""make bench: what is timed, how, and the goals."""
