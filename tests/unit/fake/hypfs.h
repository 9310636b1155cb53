/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypfs, as a domain reads and writes it.
 */
#ifndef FAKE_HYPFS_H
#define FAKE_HYPFS_H

#include <shadow.h>

/* Nothing has been added. */
void hypfs_reset(void);

/*
 * Read the leaf @name, of at most @size bytes, or write @size bytes to it.
 * The leaf has to exist.
 */
int hypfs_read(const char *name, void *to, unsigned int size);
int hypfs_write(const char *name, const void *from, unsigned int size);

#endif /* FAKE_HYPFS_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
