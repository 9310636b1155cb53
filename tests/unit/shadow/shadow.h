/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the shipped files need of Xen, for the host.
 *
 * Written from the use that they make of it: every <xen/...> and <asm/...>
 * header that is not ours is this one file (see the Makefile).  What does
 * something is in fake/.
 */
#ifndef SHADOW_H
#define SHADOW_H

#ifndef __ASSEMBLY__

/* A keyword for the C library's headers, a macro for Xen's. */
#undef noreturn

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define noreturn __attribute__((__noreturn__))

#endif

/* <xen/compile.h>: the newest Xen that has all that the files know. */
#define XEN_VERSION    4
#define XEN_SUBVERSION 22

#ifndef CONFIG_X86
#define CONFIG_X86 1
#define CONFIG_KEXEC 1
#define CONFIG_COMPAT 1
#define CONFIG_HYPFS 1
#define CONFIG_KEXEC_BZIMAGE 1
#endif

#define PAGE_SHIFT 12
#ifdef __ASSEMBLY__
#define PAGE_SIZE (1 << PAGE_SHIFT)

/* <xen/linkage.h> */
#define FUNC(name, align)      .globl name; .balign align; name:
#define DATA(name, align)      .globl name; .balign align; name:
#define FUNC_LOCAL(name)       .balign 16; name:
#define END(name)              .size name, . - name
#define ENDBR64                endbr64

#else

/*
 * Types and attributes
 */

#define PAGE_SIZE (1L << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define MB(n) ((unsigned long)(n) << 20)
#define GB(n) ((unsigned long)(n) << 30)

typedef unsigned long paddr_t;
#define PRIpaddr "016lx"
#define PADDR_BITS 52
#define INVALID_PADDR (~0UL)

#define __init
#define __initdata
#define __read_mostly
#define __ro_after_init
#define cf_check
#define __maybe_unused __attribute__((__unused__))
#define __packed      __attribute__((__packed__))
#define __aligned(n)  __attribute__((__aligned__(n)))
#define unreachable() __builtin_unreachable()

#ifndef ERESTART
#define ERESTART 85
#endif

/*
 * Arithmetic, bits, strings
 */

#define STR_(x) #x
#define STR(x) STR_(x)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "!(" #cond ")")
#define ASSERT(cond) assert(cond)
#define BITS_TO_LONGS(bits) (((bits) + 63) / 64)

#define min(a, b) ({                                                    \
        __typeof__(a) a_ = (a);                                         \
        __typeof__(b) b_ = (b);                                         \
        (void)(&a_ == &b_);                                             \
        a_ < b_ ? a_ : b_; })
#define max(a, b) ({                                                    \
        __typeof__(a) a_ = (a);                                         \
        __typeof__(b) b_ = (b);                                         \
        (void)(&a_ == &b_);                                             \
        a_ > b_ ? a_ : b_; })
#define likely(x) (x)

#define min_t(type, a, b) ({                                            \
        type a_ = (a), b_ = (b);                                        \
        a_ < b_ ? a_ : b_; })
#define max_t(type, a, b) ({                                            \
        type a_ = (a), b_ = (b);                                        \
        a_ > b_ ? a_ : b_; })
#define SWAP(a, b) do {                                                 \
        __typeof__(a) t_ = (a);                                         \
        (a) = (b);                                                      \
        (b) = t_;                                                       \
    } while ( 0 )
#define container_of(ptr, type, member)                                 \
    ((type *)((char *)(ptr) - offsetof(type, member)))

static inline unsigned int flsl(unsigned long x)
{
    return x ? 64 - __builtin_clzl(x) : 0;
}

#define fls64(x) flsl(x)

#undef ffsl
#define ffsl(x) shadow_ffsl(x)
static inline unsigned int shadow_ffsl(unsigned long x)
{
    return __builtin_ffsl(x);
}

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
    return (map[nr / 64] >> (nr % 64)) & 1;
}

static inline void __set_bit(unsigned long nr, unsigned long *map)
{
    map[nr / 64] |= 1UL << (nr % 64);
}

static inline unsigned long shadow_next_bit(const unsigned long *map,
                                            unsigned long size,
                                            unsigned long from, bool value)
{
    while ( from < size && test_bit(from, map) != value )
        from++;

    return from;
}

#define find_next_bit(map, size, from) shadow_next_bit(map, size, from, true)
#define find_next_zero_bit(map, size, from)                             \
    shadow_next_bit(map, size, from, false)

#undef strlcpy
#define strlcpy(to, from, size) shadow_strlcpy(to, from, size)
static inline size_t shadow_strlcpy(char *to, const char *from, size_t size)
{
    return snprintf(to, size, "%s", from);
}

void sort(void *base, size_t nr, size_t size,
          int (*cmp)(const void *a, const void *b),
          void (*swap)(void *a, void *b));

unsigned long long parse_size_and_unit(const char *s, const char **end);

/* What the shipped files do in bulk, counted: see fake/xen.h. */
extern struct work {
    unsigned long copied, zeroed, hashed;       /* Bytes. */
    unsigned long allocated, freed;             /* Pages of the heap. */
} work;

static inline void *shadow_memcpy(void *to, const void *from, size_t bytes)
{
    work.copied += bytes;

    return memcpy(to, from, bytes);
}

static inline void *shadow_memset(void *to, int byte, size_t bytes)
{
    work.zeroed += bytes;

    return memset(to, byte, bytes);
}

#undef memcpy
#undef memset
#define memcpy(to, from, bytes) shadow_memcpy(to, from, bytes)
#define memset(to, byte, bytes) shadow_memset(to, byte, bytes)

/*
 * One CPU at a time runs here; what others do meanwhile is done by hooks.
 */

#define ACCESS_ONCE(x)     (*(volatile __typeof__(x) *)&(x))
#define read_atomic(p)     (*(const volatile __typeof__(*(p)) *)(p))
#define write_atomic(p, v) (*(volatile __typeof__(*(p)) *)(p) = (v))
#define smp_wmb()          shadow_barrier()
void shadow_barrier(void);

typedef struct { bool held; } spinlock_t;
#define DEFINE_SPINLOCK(lock) spinlock_t lock
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);

#define cmpxchg(p, old, new) __sync_val_compare_and_swap(p, old, new)

extern unsigned int nr_cpu_ids;
unsigned int smp_processor_id(void);
/* One processor at a time: whose data it is makes no difference. */
#define DEFINE_PER_CPU(type, name) type per_cpu_ ## name
#define this_cpu(name) (per_cpu_ ## name)
#define per_cpu(name, cpu) ((void)(cpu), per_cpu_ ## name)
#define for_each_online_cpu(cpu) \
    for ( (cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++ )
void cpu_relax(void);
void halt(void);
unsigned int num_online_cpus(void);
int smp_call_function(void (*fn)(void *data), void *data, int wait);
void mdelay(unsigned int ms);

bool hypercall_preempt_check(void);
unsigned long hypercall_create_continuation(unsigned int op,
                                            const char *format, ...);
long continue_hypercall_on_cpu(unsigned int cpu, long (*fn)(void *data),
                               void *data);

#define CPU_UP_PREPARE 1
struct notifier_block {
    int (*notifier_call)(struct notifier_block *nb, unsigned long action,
                         void *hcpu);
};
void register_cpu_notifier(struct notifier_block *nb);
#define NOTIFY_DONE 0

/*
 * Messages, keys, initialisation
 */

typedef int64_t s_time_t;
#define PRI_stime PRId64
#define MILLISECS(ms) ((s_time_t)(ms) * 1000000)
#define SECONDS(s) MILLISECS((s) * 1000)
#define NOW() shadow_now()
s_time_t shadow_now(void);

#define XENLOG_ERR     ""
#define XENLOG_WARNING ""
void printk(const char *format, ...)
    __attribute__((__format__(__printf__, 1, 2)));

enum crash_reason {
    CRASHREASON_PANIC,
    CRASHREASON_KEXECCMD,
    CRASHREASON_DEBUGKEY,
};
void keyhandler_crash_action(enum crash_reason reason);
void register_keyhandler(unsigned char key, void (*fn)(unsigned char key),
                         const char *what, bool diagnostic);

void watchdog_disable(void);
void watchdog_enable(void);
void console_start_sync(void);
void spin_debug_disable(void);
void acpi_dmar_reinstate(void);
void console_force_unlock(void);

struct serial_uart {
    paddr_t base;
    unsigned int width, shift;
    uint8_t tx_ready;
};
bool console_uart(struct serial_uart *uart);

/* A test calls what Xen would: initcall_kexec_init(). */
#define __initcall(fn)      int (*const initcall_ ## fn)(void) = fn
#define presmp_initcall(fn) int (*const initcall_ ## fn)(void) = fn
#define custom_param(name, fn)                                          \
    int (*const param_ ## fn)(const char *s) = fn

/*
 * Memory
 */

#define MAX_ORDER     20
#define MEMF_no_scrub 1U
#define MEMF_no_dma   2U
#define MEMF_bits(n)  ((unsigned int)(n) << 24)

typedef struct { unsigned long m; } mfn_t;

typedef struct { int counter; } atomic_t;

typedef uint16_t domid_t;
struct domain {
    domid_t domain_id;
    unsigned int max_vcpus, tot_pages, shutdown_code, options;
    atomic_t pause_count;
    uint8_t handle[16];
    struct vcpu **vcpu;
    int is_dying;
    bool is_shut_down;
    struct domain *next_in_list;
    bool translated;
};

struct vcpu {
    int vcpu_id, processor;
    struct domain *domain;
    struct { int state; } runstate;
    unsigned int dirty_cpu;
    unsigned long pause_flags;
    atomic_t pause_count;
};

extern struct vcpu *current;
extern struct domain *domain_list;
#define paging_mode_translate(d) ((d)->translated)

struct page_info {
    unsigned long count_info;
    union {
        struct { unsigned int _domain; } inuse;
    } v;
};

extern struct page_info frame_table[];
extern unsigned long max_page;

/* All memory that the made-up machine has, at its machine addresses. */
extern uint8_t *machine_memory;

#define paddr_to_pfn(maddr) ((unsigned long)(maddr) >> PAGE_SHIFT)
#define pfn_to_paddr(pfn)   ((paddr_t)(pfn) << PAGE_SHIFT)

void *maddr_to_virt(paddr_t maddr);
paddr_t shadow_virt_to_maddr(const void *va);
#define virt_to_maddr(va)   shadow_virt_to_maddr((const void *)(va))
#define page_to_maddr(pg)   pfn_to_paddr((pg) - frame_table)
#define maddr_to_page(ma)   (&frame_table[paddr_to_pfn(ma)])

#define _mfn(n)             ((mfn_t){ n })
#define mfn_x(mfn)          ((mfn).m)
#define maddr_to_mfn(ma)    _mfn(paddr_to_pfn(ma))
#define mfn_to_page(mfn)    (&frame_table[mfn_x(mfn)])
bool mfn_valid(mfn_t mfn);
bool get_page(struct page_info *page, const struct domain *d);
struct domain *page_get_owner(const struct page_info *page);
void put_page(struct page_info *page);
void *__map_domain_page(const struct page_info *page);
void unmap_domain_page(const void *va);

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags);
void free_domheap_pages(struct page_info *page, unsigned int order);
unsigned long avail_domheap_pages_region(unsigned int node,
                                         unsigned int min_width,
                                         unsigned int max_width);
void *alloc_xenheap_pages(unsigned int order, unsigned int memflags);
void free_xenheap_pages(void *va, unsigned int order);
#define alloc_xenheap_page()   alloc_xenheap_pages(0, 0)
#define free_xenheap_page(va)  free_xenheap_pages(va, 0)

static inline unsigned int get_order_from_bytes(unsigned long bytes)
{
    return flsl((bytes - 1) >> PAGE_SHIFT);
}

#define PAGE_ALIGN(addr)    (((addr) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_HYPERVISOR_RO  0
#define PAGE_HYPERVISOR_RW  1
#define PAGE_HYPERVISOR     PAGE_HYPERVISOR_RW
#define FLUSH_TLB_GLOBAL    1
#define flush_all(flags)    ((void)(flags))
int map_pages_to_xen(unsigned long virt, mfn_t mfn, unsigned long nr,
                     unsigned int flags);
int modify_xen_mappings(unsigned long start, unsigned long end,
                        unsigned int flags);

void *shadow_alloc(size_t bytes, bool zero);
void shadow_free(void *p);
#define xzalloc(type)            ((type *)shadow_alloc(sizeof(type), true))
#define xzalloc_array(type, nr)                                         \
    ((type *)shadow_alloc(sizeof(type) * (nr), true))
#define xmalloc_array(type, nr)                                         \
    ((type *)shadow_alloc(sizeof(type) * (nr), false))
#define xfree(p)                 shadow_free(p)
#define XFREE(p)                 do { shadow_free(p); (p) = NULL; } while ( 0 )
#define vmalloc(bytes)           shadow_alloc(bytes, false)
#define vzalloc(bytes)           shadow_alloc(bytes, true)
#define vfree(p)                 shadow_free(p)

/* Xen's image: what KEXEC_RANGE_MA_XEN tells. */
extern char xen_image[];
#define XEN_IMAGE_BYTES 0x3000
#define _start xen_image
#define _end   (xen_image + XEN_IMAGE_BYTES)

/*
 * Guest memory.  A handle holds a guest's address: nothing to dereference, as
 * sparse knows.
 */

#ifdef __CHECKER__
#define __guest __attribute__((__address_space__(1)))
#else
#define __guest
#endif

#define DEFINE_XEN_GUEST_HANDLE(type)                                   \
    typedef struct { type __guest *p; } guest_handle_ ## type
#define XEN_GUEST_HANDLE(type)       guest_handle_ ## type
#define XEN_GUEST_HANDLE_PARAM(type) guest_handle_ ## type
typedef const void const_void;
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(const_void);

#define guest_handle_from_ptr(ptr, type)                                \
    ((XEN_GUEST_HANDLE_PARAM(type)){ (type __guest *)(ptr) })

unsigned long guest_read(void *to, uint64_t addr, unsigned long bytes);
unsigned long guest_write(uint64_t addr, const void *from,
                          unsigned long bytes);

#define copy_from_guest_offset(to, hnd, off, nr)                        \
    guest_read(to, (uint64_t)(hnd).p + (uint64_t)(off) * sizeof(*(to)), \
               (nr) * sizeof(*(to)))
#define copy_from_guest(to, hnd, nr) copy_from_guest_offset(to, hnd, 0, nr)
#define copy_to_guest(hnd, from, nr)                                    \
    guest_write((uint64_t)(hnd).p, from, (nr) * sizeof(*(from)))

/*
 * hypfs: nodes with what the shipped files set.  fake/hypfs.c reads and writes
 * them as the hypercall would.
 */
enum { XEN_HYPFS_TYPE_STRING = 2, XEN_HYPFS_TYPE_BOOL = 5 };
struct hypfs_entry {
    const char *name;
    const struct hypfs_funcs *funcs;
    unsigned int type, size, max_size;
};
struct hypfs_entry_leaf {
    struct hypfs_entry e;
    struct { const void *content; } u;
};
struct hypfs_entry_dir { struct hypfs_entry e; };
struct hypfs_funcs {
    const struct hypfs_entry *(*enter)(const struct hypfs_entry *entry);
    void (*exit)(const struct hypfs_entry *entry);
    int (*read)(const struct hypfs_entry *entry,
                XEN_GUEST_HANDLE_PARAM(void) uaddr);
    int (*write)(struct hypfs_entry_leaf *leaf,
                 XEN_GUEST_HANDLE_PARAM(const_void) uaddr, unsigned int ulen);
    unsigned int (*getsize)(const struct hypfs_entry *entry);
    struct hypfs_entry *(*findentry)(const struct hypfs_entry_dir *dir,
                                     const char *name, unsigned int len);
};
const struct hypfs_entry *hypfs_node_enter(const struct hypfs_entry *entry);
void hypfs_node_exit(const struct hypfs_entry *entry);
int hypfs_read_leaf(const struct hypfs_entry *entry,
                    XEN_GUEST_HANDLE_PARAM(void) uaddr);
int hypfs_write_deny(struct hypfs_entry_leaf *leaf,
                     XEN_GUEST_HANDLE_PARAM(const_void) uaddr,
                     unsigned int ulen);
unsigned int hypfs_getsize(const struct hypfs_entry *entry);
struct hypfs_entry *hypfs_leaf_findentry(const struct hypfs_entry_dir *dir,
                                         const char *name, unsigned int len);
extern const struct hypfs_funcs hypfs_leaf_ro_funcs;
extern struct hypfs_entry_dir hypfs_root;
int hypfs_add_dir(struct hypfs_entry_dir *parent, struct hypfs_entry_dir *dir,
                  bool nofault);
int hypfs_add_leaf(struct hypfs_entry_dir *parent,
                   struct hypfs_entry_leaf *leaf, bool nofault);
void hypfs_string_set_reference(struct hypfs_entry_leaf *leaf,
                                const char *text);
#define HYPFS_DIR_INIT(var, nam)                                        \
    struct hypfs_entry_dir var = { .e.name = (nam) }
#define HYPFS_STRING_INIT(var, nam)                                     \
    struct hypfs_entry_leaf var = {                                     \
        .e = { (nam), &hypfs_leaf_ro_funcs, XEN_HYPFS_TYPE_STRING } }
#define HYPFS_FIXEDSIZE_INIT(var, typ, nam, contvar, fn, wr)            \
    struct hypfs_entry_leaf var = {                                     \
        .e = { (nam), (fn), (typ), sizeof(contvar),                     \
               (wr) ? sizeof(contvar) : 0 },                            \
        .u.content = &(contvar) }

int cmdline_strcmp(const char *frag, const char *name);

#define XSM_PRIV 1
int xsm_kexec(int privilege);

#define __HYPERVISOR_kexec_op 37
long do_kexec_op(unsigned long op, XEN_GUEST_HANDLE_PARAM(void) uarg);
int compat_kexec_op(unsigned int op, XEN_GUEST_HANDLE_PARAM(void) uarg);

/*
 * Digests: any function of the bytes in their order will do.
 */

#define SHA2_256_DIGEST_SIZE 32
struct sha2_256_state {
    uint32_t state[8];          /* As Xen has it: for test-sha.c. */
    uint8_t buf[64];
    size_t count;

    uint64_t hash;
    uint8_t rest[8];            /* What came behind the last eight bytes. */
    unsigned int nr_rest;
};
void sha2_256_init(struct sha2_256_state *sha);
void sha2_256_update(struct sha2_256_state *sha, const void *bytes,
                     size_t nr);
void sha2_256_final(struct sha2_256_state *sha, uint8_t digest[32]);

/*
 * ELF
 */

#define EM_386    3
#define EM_X86_64 62

typedef struct {
    uint32_t namesz, descsz, type;
} Elf_Note;

#define ELFNOTE_ALIGN(n) (((n) + 3) & ~3UL)
#define ELFNOTE_NAME(note) ((char *)(note) + sizeof(Elf_Note))
#define ELFNOTE_DESC(note)                                              \
    (ELFNOTE_NAME(note) + ELFNOTE_ALIGN((note)->namesz))
#define ELFNOTE_NEXT(note)                                              \
    ((Elf_Note *)(ELFNOTE_DESC(note) + ELFNOTE_ALIGN((note)->descsz)))

#define NT_PRSTATUS            1
#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002

typedef struct {
    unsigned long r15, rip, rsp;
} ELF_Gregset;

typedef struct {
    int before[28];             /* Where Linux has the registers: at 112. */
    ELF_Gregset pr_reg;
    int pr_fpvalid;
} ELF_Prstatus;

typedef struct {
    unsigned long cr0, cr2, cr3, cr4;
} crash_xen_core_t;

typedef struct {
    unsigned long xen_major_version, xen_minor_version, xen_extra_version,
                  xen_changeset, xen_compiler, xen_compile_date,
                  xen_compile_time, tainted, xen_phys_start,
                  dom0_pfn_to_mfn_frame_list_list;
} crash_xen_info_t;

struct cpu_user_regs {
    unsigned long r15;
};

void elf_core_save_regs(ELF_Gregset *regs, crash_xen_core_t *core);

extern unsigned int tainted;
unsigned int xen_major_version(void);
unsigned int xen_minor_version(void);
const char *xen_extra_version(void);
extern const void *xen_build_id;
extern unsigned int xen_build_id_len;
extern char _stext[], _etext[];
const char *xen_changeset(void);
const char *xen_compiler(void);
const char *xen_compile_date(void);
const char *xen_compile_time(void);

/*
 * x86
 */

#define E820_MAX      256
#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
struct e820entry {
    uint64_t addr, size;
    uint32_t type;
};
extern struct e820map {
    unsigned int nr_map;
    struct e820entry map[E820_MAX];
} e820;

#define XEN_FW_EFI_CONFIG_TABLE 1
union xenpf_efi_info {
    struct {
        uint64_t addr;
        uint32_t nent;
    } cfg;
};
int efi_get_info(uint32_t index, union xenpf_efi_info *info);
extern struct efi {
    unsigned long system;
} efi;
#define EFI_SYSTEM_TABLE_SIZE 120

extern unsigned long direct_map_bytes;
/* The direct map leaves out so many pages below 4 GiB. */
extern unsigned long direct_map_hole;
static inline unsigned long pfn_to_pdx(unsigned long pfn)
{
    return pfn - (pfn >= (1UL << (32 - PAGE_SHIFT)) ? direct_map_hole : 0);
}
#define PFN_DOWN(x)          ((x) >> PAGE_SHIFT)
#define DIRECTMAP_VIRT_START ((unsigned long)machine_memory)
#define HYPERVISOR_VIRT_END ((unsigned long)machine_memory + direct_map_bytes)
#define __pa(va)            ((unsigned long)(va) -                      \
                             (unsigned long)machine_memory)

extern bool cpu_has_page1gb, cpu_has_xsave, cpu_has_xsaves;
bool boot_cpu_has(unsigned int feature);
#define X86_FEATURE_IBRSB 2
#define X86_FEATURE_IBRS  3
#define X86_FEATURE_DS    4
#define X86_FEATURE_PQE   5
#define X86_FEATURE_SHA   6
#define X86_FEATURE_SSSE3 7
bool local_irq_is_enabled(void);
void local_irq_disable(void);

extern bool opt_noreboot;
void noreturn machine_halt(void);
void noreturn machine_restart(unsigned int delay_ms);
void ctxt_switch_levelling(const struct vcpu *next);

/* The alias is where the executable fixmap is: at the end of addresses. */
#define FIX_X_KEXEC_ALIAS   2
#define __fix_x_to_virt(nr) (0UL - ((unsigned long)(nr) << PAGE_SHIFT))

typedef struct { uint64_t l1; } l1_pgentry_t;

/* What the rest of leave_xen() does is for a processor, not for a test. */
extern l1_pgentry_t l1_fixmap_x[];
extern char idle_pg_table[];
#define l1_table_offset(va)         (((va) >> PAGE_SHIFT) & 511)
#define l1e_write(l1e, value)       (*(l1e) = (value))
#define l1e_from_paddr(ma, flags)   ((l1_pgentry_t){ (ma) | (flags) })
#define __PAGE_HYPERVISOR_RX        1
#define write_cr3(maddr)            ((void)(maddr))
#define X86_CR4_CET                 (1UL << 23)
#define X86_XCR0_X87                1

/*
 * The registers of a processor: fake/cpu.c takes down what is written.
 */

#define MASK_EXTR(v, m)             (((v) & (m)) / ((m) & -(m)))

#define X86_VENDOR_INTEL            1
#define X86_VENDOR_AMD              2
#define X86_VENDOR_HYGON            16
extern struct {
    unsigned int x86, x86_vendor, cpuid_level;
} boot_cpu_data;
extern bool cpu_has_proc_trace;
uint32_t cpuid_eax(uint32_t leaf);
uint32_t cpuid_ebx(uint32_t leaf);
uint32_t cpuid_ecx(uint32_t leaf);

uint64_t shadow_rdmsr(uint32_t msr);
#define rdmsrl(msr, value)          ((value) = shadow_rdmsr(msr))
void wrmsrl(uint32_t msr, uint64_t value);
int wrmsr_safe(uint32_t msr, uint64_t value);
void shadow_write_debugreg(unsigned int nr, unsigned long value);
#define write_debugreg(nr, value)   shadow_write_debugreg(nr, value)
void wbinvd(void);

typedef struct { uint64_t a, b; } idt_entry_t;
typedef uint64_t seg_desc_t;
struct desc_ptr {
    uint16_t limit;
    unsigned long base;
};
void lgdt(const struct desc_ptr *gdtr);
void lidt(const struct desc_ptr *idtr);
extern unsigned long cpu_cr0;
#define read_cr0() cpu_cr0
#define clts() ((void)(cpu_cr0 &= ~X86_CR0_TS))
#define stts() ((void)(cpu_cr0 |= X86_CR0_TS))
extern unsigned long cpu_cr4;
#define read_cr4() cpu_cr4
void write_cr4(unsigned long cr4);
extern idt_entry_t bsp_idt[];
extern seg_desc_t *per_cpu_gdt;
#define FIRST_RESERVED_GDT_ENTRY    3
#define LAST_RESERVED_GDT_BYTE      63

/* Enough of a gate to tell which handler it leads to. */
void trap_nop(void);
void kexec_ignore_mce(void);
static inline void _update_gate_addr_lower(idt_entry_t *gate, void *addr)
{
    gate->b = (unsigned long)addr;
}

/*
 * Stopping the machine: fake/stop.c.
 */

typedef int nmi_callback_t(const struct cpu_user_regs *regs, int cpu);
nmi_callback_t *set_nmi_callback(nmi_callback_t *callback);
void smp_send_nmi_allbutself(void);
void __stop_this_cpu(void);
void apic_icr_write(uint32_t low, uint32_t dest);
void apic_wait_icr_idle(void);
void disable_IO_APIC(void);

void pcidevs_lock(void);
bool pcidevs_locked(void);

extern bool iommu_enabled;
#define iommu_intremap              0
#define iommu_get_ops()             NULL
#define iommu_vcall(ops, fn)        ((void)(ops))
void iommu_quiesce(void);
void iommu_crash_shutdown(void);

#endif /* !__ASSEMBLY__ */

/*
 * Intel SDM vol. 3A, section 2.5, and vol. 4, for the stub.
 */
#define X86_CR0_PE         0x00000001
#define X86_CR0_TS         0x00000008
#define X86_CR0_ET         0x00000010
#define X86_CR0_NE         0x00000020
#define X86_CR0_PG         0x80000000
#define X86_CR4_PAE        0x00000020
#define X86_CR4_PGE        0x00000080
#define X86_CR4_PCIDE      0x00020000
#define X86_CR4_FRED       (1UL << 32)
#define X86_EFLAGS_MBS     0x00000002
#define MSR_EFER           0xc0000080
#define EFER_LME           0x00000100
#define EFER_LMA           0x00000400
#define MSR_SHADOW_GS_BASE 0xc0000102

/*
 * Intel SDM vol. 3A, table 7-1; vol. 4 and AMD APM vol. 2, appendix A.
 */
#define X86_EXC_DE         0
#define X86_EXC_NMI        2
#define X86_EXC_SPV        15
#define X86_EXC_MC         18
#define X86_EXC_NUM        32
#define X86_IDT_VECTORS    256

#define MSR_APIC_BASE                0x0000001b
#define MSR_SPEC_CTRL                0x00000048
#define MSR_IA32_MCG_STATUS          0x0000017a
#define MSR_P6_EVNTSEL(n)            (0x00000186 + (n))
#define MSR_IA32_DEBUGCTLMSR         0x000001d9
#define MSR_IA32_CR_PAT              0x00000277
#define MSR_IA32_CR_PAT_RESET        0x0007040600070406UL
#define MSR_P4_BPU_CCCR0             0x00000360
#define MSR_CORE_PERF_FIXED_CTR_CTRL 0x0000038d
#define MSR_CORE_PERF_GLOBAL_CTRL    0x0000038f
#define MSR_IA32_PEBS_ENABLE         0x000003f1
#define MSR_RTIT_CTL                 0x00000570
#define MSR_S_CET                    0x000006a2
#define MSR_IA32_PSR_ASSOC           0x00000c8f
#define MSR_IA32_XSS                 0x00000da0
#define MSR_K7_EVNTSEL0              0xc0010000
#define MSR_AMD_FAM15H_EVNTSEL0      0xc0010200

/*
 * Intel SDM vol. 3A, figures 12-5 and 12-12.
 */
#define APIC_BASE_BSP      0x00000100
#define APIC_DM_INIT       0x00000500
#define APIC_INT_ASSERT    0x00004000
#define APIC_DEST_ALLBUT   0x000c0000

#endif /* SHADOW_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
