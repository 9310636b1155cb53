/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before anything else in the probe: what is declared is in the
 * image, so no address has to go through a table that somebody would have to
 * relocate.
 */
#pragma GCC visibility push(hidden)

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
