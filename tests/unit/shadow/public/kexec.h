/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments of the kexec hypercall, as 64-bit guests have them.
 */
#ifndef SHADOW_PUBLIC_KEXEC_H
#define SHADOW_PUBLIC_KEXEC_H

#include <shadow.h>

#define KEXEC_TYPE_DEFAULT        0
#define KEXEC_TYPE_CRASH          1
#define KEXEC_TYPE_CRASH_EFI      3

#define KEXEC_CMD_kexec           0
#define KEXEC_CMD_kexec_load_v1   1
#define KEXEC_CMD_kexec_unload_v1 2
#define KEXEC_CMD_kexec_get_range 3
#define KEXEC_CMD_kexec_load      4
#define KEXEC_CMD_kexec_unload    5
#define KEXEC_CMD_kexec_status    6

#define KEXEC_RANGE_MA_CRASH      0
#define KEXEC_RANGE_MA_XEN        1
#define KEXEC_RANGE_MA_CPU        2
#define KEXEC_RANGE_MA_VMCOREINFO 6
#define KEXEC_RANGE_MA_EFI_SYSTAB 7

#define KEXEC_XEN_NO_PAGES        17

typedef struct {
    unsigned long page_list[KEXEC_XEN_NO_PAGES];
    unsigned long indirection_page;
    unsigned long start_address;
} xen_kexec_image_t;

typedef struct {
    int type;
} xen_kexec_exec_t;

typedef struct {
    int type;
    xen_kexec_image_t image;
} xen_kexec_load_v1_t;

typedef struct {
    int range, nr;
    unsigned long size, start;
} xen_kexec_range_t;

typedef struct {
    union {
        XEN_GUEST_HANDLE(const_void) h;
        uint64_t _pad;
    } buf;
    uint64_t buf_size, dest_maddr, dest_size;
} xen_kexec_segment_t;
DEFINE_XEN_GUEST_HANDLE(xen_kexec_segment_t);

typedef struct xen_kexec_load {
    uint8_t type, _pad;
    uint16_t arch;
    uint32_t nr_segments;
    union {
        XEN_GUEST_HANDLE(xen_kexec_segment_t) h;
        uint64_t _pad;
    } segments;
    uint64_t entry_maddr;
} xen_kexec_load_t;

typedef struct {
    uint8_t type;
} xen_kexec_unload_t;

typedef struct {
    uint8_t type;
} xen_kexec_status_t;

/* The numbers of the ABI, so that a slip here does not go unseen. */
_Static_assert(sizeof(xen_kexec_load_t) == 24, "load");
_Static_assert(sizeof(xen_kexec_segment_t) == 32, "segment");
_Static_assert(sizeof(xen_kexec_range_t) == 24, "range");
_Static_assert(sizeof(xen_kexec_load_v1_t) == 8 + 19 * 8, "load_v1");

#endif /* SHADOW_PUBLIC_KEXEC_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
