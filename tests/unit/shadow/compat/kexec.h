/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments of the kexec hypercall, as 32-bit guests have them.
 */
#ifndef SHADOW_COMPAT_KEXEC_H
#define SHADOW_COMPAT_KEXEC_H

#include <public/kexec.h>

typedef struct {
    uint32_t page_list[KEXEC_XEN_NO_PAGES];
    uint32_t indirection_page, start_address;
} compat_kexec_image_t;

typedef struct {
    int type;
    compat_kexec_image_t image;
} compat_kexec_load_v1_t;

typedef struct {
    int range, nr;
    uint32_t size, start;
} compat_kexec_range_t;

/* A handle is 32 bits of its field; nothing else differs. */
typedef struct {
    uint32_t buf, unused;
    uint64_t buf_size, dest_maddr, dest_size;
} compat_kexec_segment_t;

typedef struct {
    uint8_t type, _pad;
    uint16_t arch;
    uint32_t nr_segments;
    uint32_t segments, unused;
    uint64_t entry_maddr;
} compat_kexec_load_t;

typedef xen_kexec_unload_t compat_kexec_unload_t;
typedef xen_kexec_status_t compat_kexec_status_t;

#define CHECK_kexec_exec _Static_assert(sizeof(xen_kexec_exec_t) == 4, "exec")

#define XLAT_kexec_range(to, from) do {                                 \
        (to)->range = (from)->range;                                    \
        (to)->nr = (from)->nr;                                          \
        (to)->size = (from)->size;                                      \
        (to)->start = (from)->start;                                    \
    } while ( 0 )

#define XLAT_kexec_image(to, from) do {                                 \
        unsigned int i_;                                                \
        for ( i_ = 0; i_ < KEXEC_XEN_NO_PAGES; i_++ )                   \
            (to)->page_list[i_] = (from)->page_list[i_];                \
        (to)->indirection_page = (from)->indirection_page;              \
        (to)->start_address = (from)->start_address;                    \
    } while ( 0 )

_Static_assert(sizeof(compat_kexec_range_t) == 16, "range");
_Static_assert(sizeof(compat_kexec_load_v1_t) == 80, "load_v1");

#endif /* SHADOW_COMPAT_KEXEC_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
