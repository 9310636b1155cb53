# SPDX-License-Identifier: GPL-2.0-only
"""Defects that the tests have to notice."""
