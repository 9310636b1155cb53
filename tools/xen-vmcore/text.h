/* SPDX-License-Identifier: GPL-2.0-only */
/* A text that grows, and memory that is there or ends the program. */
#ifndef XEN_VMCORE_TEXT_H
#define XEN_VMCORE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *s;                    /* NULL when empty, else ends with a 0 */
    size_t used, room;
};

void text_add(struct text *text, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));
void text_add_va(struct text *text, const char *fmt, va_list args)
    __attribute__((__format__(__printf__, 2, 0)));
void text_add_bytes(struct text *text, const void *bytes, size_t nr);
/* The text, "" when empty. */
const char *text_get(const struct text *text);
void text_free(struct text *text);

/* Zeroed; never NULL. */
void *must_alloc(size_t nr, size_t size);
void *must_realloc(void *old, size_t nr, size_t size);
char *must_strdup(const char *s);

#endif /* XEN_VMCORE_TEXT_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
