# SPDX-License-Identifier: GPL-2.0-only
"""make coverage: what the tests reach."""
