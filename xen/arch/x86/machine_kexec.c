/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image's control area and page tables, and the jump to it.
 *
 * x86_64/kexec_reloc.S is what runs between Xen and the image.  kexec_idmap.c
 * makes the tables, kexec_cpu.c prepares the CPU.
 */

#include <xen/console.h>
#include <xen/efi.h>
#include <xen/elfstructs.h>
#include <xen/errno.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/pfn.h>
#include <xen/serial.h>
#include <xen/xmalloc.h>

#include <asm/e820.h>
#include <asm/fixmap.h>
#include <asm/flushtlb.h>
#include <asm/kexec_compat.h>
#include <asm/kexec_cpu.h>
#include <asm/kexec_idmap.h>
#include <asm/kexec_stub.h>
#include <asm/machine_kexec.h>
#include <asm/msr.h>
#include <asm/setup.h>

#include <public/platform.h>

/* kexec_reloc.S; its arguments and gates are filled in here. */
extern const char kexec_reloc[], kexec_reloc_end[];
extern const char kexec_stub_handlers[], kexec_stub_args[], kexec_stub_idt[];
extern const char kexec_stub_gdt64[], kexec_stub_gdt32[];

/* Null, unused, code, data. */
#define STUB_GDT_ENTRIES 4

/* UEFI specification 2.10, section 4.6. */
#define EFI_CONFIG_ENTRY_SIZE 24

/* A 16550's registers, and the number of its line status register. */
#define UART_REGS    8
#define UART_REG_LSR 5

/* Ranges besides those of the memory map and the image's own. */
#define EXTRA_RANGES 4

paddr_t machine_kexec_limit(uint16_t arch)
{
    switch ( arch )
    {
    case EM_386:
        return GB(4);

    case EM_X86_64:
        return KEXEC_IDMAP_END;

    default:
        return 0;
    }
}

/*
 * So much of the direct map is the same in all page tables.  Holes between RAM
 * may take no place in it, so only addresses of RAM can be compared with it.
 */
#define DIRECTMAP_PAGES PFN_DOWN(HYPERVISOR_VIRT_END - DIRECTMAP_VIRT_START)

paddr_t machine_kexec_usable_end(void)
{
    paddr_t end = 0;
    unsigned int i;

    for ( i = 0; i < e820.nr_map; i++ )
    {
        const struct e820entry *entry = &e820.map[i];
        unsigned long pfn = PFN_DOWN(entry->addr), pdx = pfn_to_pdx(pfn);

        if ( entry->type == E820_RAM && pdx < DIRECTMAP_PAGES )
            end = max(end, min(entry->addr + entry->size,
                               pfn_to_paddr(pfn + DIRECTMAP_PAGES - pdx)));
    }

    return min(end, KEXEC_IDMAP_END);
}

/* The memory map is sorted, and RAM may continue in the next entry. */
bool machine_kexec_is_usable(struct maddr_range range)
{
    unsigned int i;

    if ( range.end > KEXEC_IDMAP_END )
        return false;

    for ( i = 0; i < e820.nr_map && !maddr_range_empty(range); i++ )
    {
        const struct e820entry *entry = &e820.map[i];
        struct maddr_range ram = { .start = entry->addr,
                                   .end = entry->addr + entry->size };

        if ( entry->type != E820_RAM ||
             !maddr_range_contains(ram, range.start) )
            continue;

        ram.end = min(ram.end, range.end);
        if ( pfn_to_pdx(PFN_DOWN(ram.end - 1)) >= DIRECTMAP_PAGES )
            return false;

        range.start = ram.end;
    }

    return maddr_range_empty(range);
}

/* An image may read firmware's tables, and with @ram all RAM. */
static bool is_mapped_type(uint32_t type, bool ram)
{
    return (ram && type == E820_RAM) || type == E820_ACPI || type == E820_NVS;
}

static unsigned int efi_ranges(struct maddr_range ranges[])
{
    union xenpf_efi_info info;
    unsigned int nr = 0;

    if ( efi_get_info(XEN_FW_EFI_CONFIG_TABLE, &info) == 0 )
        ranges[nr++] = (struct maddr_range){
            .start = info.cfg.addr,
            .end = info.cfg.addr + info.cfg.nent * EFI_CONFIG_ENTRY_SIZE,
        };

    if ( efi.system )
        ranges[nr++] = (struct maddr_range){
            .start = efi.system,
            .end = efi.system + EFI_SYSTEM_TABLE_SIZE,
        };

    return nr;
}

/* The registers, if they are in memory, of the console's UART. */
static struct maddr_range uart_range(const struct serial_uart *uart)
{
    struct maddr_range regs = {
        .start = uart->base,
        .end = uart->base + ((paddr_t)UART_REGS << uart->shift),
    };

    return uart->width ? regs : (struct maddr_range){};
}

/*
 * The UART on which the stub reports faults; its base is 0 if there is none
 * that the stub can access.
 */
static struct serial_uart stub_uart(void)
{
    struct serial_uart uart;

    if ( !console_uart(&uart) || uart_range(&uart).end > KEXEC_IDMAP_END )
        return (struct serial_uart){};

    return uart;
}

int machine_kexec_map_begin(struct machine_kexec *machine,
                            const struct maddr_range own[],
                            unsigned int nr_own, bool ram,
                            machine_kexec_alloc_fn *alloc, void *ctxt)
{
    unsigned int max = e820.nr_map + nr_own + EXTRA_RANGES;
    struct maddr_range *ranges = xmalloc_array(struct maddr_range, max);
    struct kexec_idmap *idmap = xzalloc(struct kexec_idmap);
    struct serial_uart uart = stub_uart();
    unsigned int i, nr = 0;

    /* From here on map_end() frees both. */
    machine->idmap = idmap;
    if ( !idmap || !ranges )
    {
        xfree(ranges);
        return -ENOMEM;
    }
    idmap->ranges = ranges;

    ranges[nr++] = (struct maddr_range){ .end = MB(1) };
    ranges[nr++] = uart_range(&uart);
    nr += efi_ranges(ranges + nr);

    for ( i = 0; i < e820.nr_map; i++ )
        if ( is_mapped_type(e820.map[i].type, ram) )
            ranges[nr++] = (struct maddr_range){
                .start = e820.map[i].addr,
                .end = e820.map[i].addr + e820.map[i].size,
            };

    for ( i = 0; i < nr_own; i++ )
        ranges[nr++] = own[i];

    ASSERT(nr <= max);

    kexec_idmap_begin(idmap, ranges, nr, uart_range(&uart),
                      cpu_has_page1gb ? 3 : 2, alloc, ctxt);

    return 0;
}

int machine_kexec_map_step(struct machine_kexec *machine)
{
    int rc = kexec_idmap_step(machine->idmap);

    if ( rc )
        return rc;

    machine->root_maddr = machine->idmap->root_maddr;

    return kexec_idmap_add_page(machine->idmap,
                                __fix_x_to_virt(FIX_X_KEXEC_ALIAS),
                                machine->control_maddr);
}

int machine_kexec_map_more(struct machine_kexec *machine,
                           struct maddr_range *pages)
{
    for ( ; !maddr_range_empty(*pages); pages->start += PAGE_SIZE )
    {
        int rc = kexec_idmap_add_page(machine->idmap, pages->start,
                                      pages->start);

        if ( rc )
            return rc;
    }

    return 0;
}

void machine_kexec_map_end(struct machine_kexec *machine)
{
    if ( machine->idmap )
        xfree(machine->idmap->ranges);
    XFREE(machine->idmap);
}

/* Where @symbol of the stub is in the image's copy. */
static paddr_t in_control(const struct machine_kexec *machine,
                          const char *symbol)
{
    return machine->control_maddr + (symbol - kexec_reloc);
}

static struct kexec_stub_args *stub_args(const struct machine_kexec *machine)
{
    return maddr_to_virt(in_control(machine, kexec_stub_args));
}

static struct kexec_stub_dtr stub_gdtr(const struct machine_kexec *machine,
                                       const char *gdt)
{
    return (struct kexec_stub_dtr){
        .limit = STUB_GDT_ENTRIES * sizeof(uint64_t) - 1,
        .base = in_control(machine, gdt),
    };
}

static void seal_idt(const struct machine_kexec *machine)
{
    idt_entry_t *idt = maddr_to_virt(in_control(machine, kexec_stub_idt));
    paddr_t handlers = in_control(machine, kexec_stub_handlers);
    unsigned int i;

    /* Interrupt gate, present, selector 0x10, no IST: SDM vol. 3A, 7.14.1. */
    for ( i = 0; i < KEXEC_STUB_NR_VECTORS; i++ )
    {
        paddr_t maddr = handlers + i * 16;

        idt[i].a = (maddr & 0xffff) | (0x10UL << 16) | (0x8eUL << 40) |
                   ((maddr & 0xffff0000UL) << 32);
        idt[i].b = maddr >> 32;
    }
}

void machine_kexec_seal(const struct machine_kexec *machine, uint16_t arch,
                        paddr_t entry_maddr, uint64_t arg,
                        paddr_t plan_maddr)
{
    struct kexec_stub_args *args = stub_args(machine);
    struct serial_uart uart = stub_uart();

    /* In one cache line: see kexec_stub_args. */
    BUILD_BUG_ON(offsetof(struct kexec_stub_args, nr_parked) / 8 !=
                 offsetof(struct kexec_stub_args, mxcsr) / 8);
    BUILD_BUG_ON(KEXEC_STUB_STACK_TOP >=
                 (PAGE_SIZE << MACHINE_KEXEC_CONTROL_ORDER));

    memcpy(maddr_to_virt(machine->control_maddr), kexec_reloc,
           kexec_reloc_end - kexec_reloc);
    seal_idt(machine);

    *args = (struct kexec_stub_args){
        .control_maddr = machine->control_maddr,
        .root_maddr = machine->root_maddr,
        .plan_maddr = plan_maddr,
        .entry_maddr = entry_maddr,
        .entry_arg = arg,
        .flags = arch == EM_386 ? KEXEC_STUB_32BIT : 0,
        .uart_base = uart.base,
        .uart_lsr = UART_REG_LSR << uart.shift,
        .uart_width = uart.width,
        .uart_ready = uart.tx_ready,
        .gdtr64 = stub_gdtr(machine, kexec_stub_gdt64),
        .gdtr32 = stub_gdtr(machine, kexec_stub_gdt32),
        .idtr = {
            .limit = KEXEC_STUB_NR_VECTORS * sizeof(idt_entry_t) - 1,
            .base = in_control(machine, kexec_stub_idt),
        },
    };
}

void machine_kexec_set_plan(const struct machine_kexec *machine,
                            paddr_t plan_maddr)
{
    write_atomic(&stub_args(machine)->plan_maddr, plan_maddr);
}

paddr_t machine_kexec_plan(const struct machine_kexec *machine)
{
    return read_atomic(&stub_args(machine)->plan_maddr);
}

struct maddr_range machine_kexec_volatile(const struct machine_kexec *machine)
{
    paddr_t args = in_control(machine, kexec_stub_args);

    return (struct maddr_range){
        .start = args + offsetof(struct kexec_stub_args, plan_maddr),
        .end = args + sizeof(struct kexec_stub_args),
    };
}

int machine_kexec_protect(struct maddr_range range, bool read_only)
{
    unsigned long start = PAGE_ALIGN(range.start);
    unsigned long end = range.end & PAGE_MASK;
    unsigned long va;

    if ( start >= end )
        return 0;

    va = (unsigned long)maddr_to_virt(start);
    if ( read_only )
    {
        int rc = modify_xen_mappings(va, va + (end - start),
                                     PAGE_HYPERVISOR_RO);

        /* A call that fails half way does not flush what it has changed. */
        if ( rc )
            flush_all(FLUSH_TLB_GLOBAL);

        return rc;
    }

    /* Unlike modify_xen_mappings(), this restores large pages. */
    return map_pages_to_xen(va, maddr_to_mfn(start), paddr_to_pfn(end - start),
                            PAGE_HYPERVISOR);
}

unsigned int machine_kexec_nr_parked(const struct machine_kexec *machine)
{
    return read_atomic(&stub_args(machine)->nr_parked);
}

/*
 * Leave Xen on this CPU: enter the image, or @park in its control area.
 *
 * The order matters.  First comes an IDT whose NMI gate only returns, and then
 * a guest's breakpoints go, so that neither hits what follows.  Only the
 * guest's page tables map a PV guest's GDT, so Xen's own is loaded before the
 * idle tables.  From the first raw write of a control register on, no helper
 * may be called that uses Xen's copy of it: flush_area_local() would execute
 * INVPCID.
 */
static void noreturn leave_xen(const struct machine_kexec *machine,
                               unsigned int park)
{
    unsigned long alias = __fix_x_to_virt(FIX_X_KEXEC_ALIAS);
    unsigned long cr4;

    ASSERT(!local_irq_is_enabled());

    kexec_cpu_load_tables();
    kexec_cpu_quiesce();
    kexec_cpu_reset_msrs();

    /*
     * All CPUs write the same entry, in a table that Xen has had since boot.
     * map_pages_to_xen() would take a lock.
     */
    l1e_write(&l1_fixmap_x[l1_table_offset(alias)],
              l1e_from_paddr(machine->control_maddr, __PAGE_HYPERVISOR_RX));

    /*
     * After this, a CPU that parks dirties one cache line only, that of
     * nr_parked.  The last CPU writes to the same line, and so gets it from
     * the other's cache.
     */
    kexec_cpu_flush_caches();

    asm volatile ( "mov %%cr4, %0" : "=r" (cr4) );
    if ( cr4 & X86_CR4_CET )
    {
        wrmsrl(MSR_S_CET, 0);
        cr4 &= ~X86_CR4_CET;
        asm volatile ( "mov %0, %%cr4" :: "r" (cr4) : "memory" );
    }

    /*
     * CR3 gets PCID 0 here, for clearing CR4.PCIDE does not change the PCID.
     * Clearing PCIDE or PGE invalidates all TLB entries of all PCIDs: Intel
     * SDM vol. 3A, section 4.10.4.1.  If both were clear, INVLPG drops the
     * alias's old entry.
     */
    write_cr3(__pa(idle_pg_table));
    cr4 &= ~(X86_CR4_PCIDE | X86_CR4_PGE);
    asm volatile ( "mov %0, %%cr4; invlpg (%1)"
                   :: "r" (cr4), "r" (alias) : "memory" );

    asm volatile ( "jmp *%[alias]"
                   :: [alias] "r" (alias), "D" (park) : "memory" );
    unreachable();
}

void machine_kexec_jump(const struct machine_kexec *machine)
{
    leave_xen(machine, false);
}

void machine_kexec_park(const struct machine_kexec *machine)
{
    leave_xen(machine, true);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
