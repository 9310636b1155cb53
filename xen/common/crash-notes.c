/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a crash leaves for the reader of the dump: ELF notes with the registers
 * of each CPU and Xen's identity, and the lines of vmcoreinfo.
 *
 * A CPU's notes are allocated when it comes up for the first time, or when
 * dom0 asks for their address, and are never freed: dom0 puts the address into
 * the headers of /proc/vmcore.  The note about Xen follows those of CPU 0.
 *
 *   CORE  NT_PRSTATUS              struct ELF_Prstatus
 *   Xen   XEN_ELFNOTE_CRASH_REGS   control registers
 *   Xen   XEN_ELFNOTE_CRASH_INFO   CPU 0 alone: struct crash_xen_info
 */

#include <xen/cpu.h>
#include <xen/crash-notes.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/kernel.h>
#include <xen/kexec-compat.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <xen/string.h>
#include <xen/version.h>
#include <xen/vmcoreinfo.h>
#include <xen/xmalloc.h>

#include <public/elfnote.h>

#include "elf-note.h"

/* crash(8) looks these up by name: the type, its start, and the variable. */
typedef struct {
    Elf_Note *start;
    size_t size;
    bool saved;
} crash_note_range_t;

/* One for each possible CPU; indexed by CPU number. */
static crash_note_range_t *__read_mostly crash_notes;
static crash_xen_info_t *__read_mostly xen_info;

/*
 * An empty list of notes, for a CPU without any.  Linux reads the first word
 * of a list before it checks its size, so an empty range would crash the crash
 * kernel.
 */
static Elf_Note no_notes;
static const crash_note_range_t no_range = {
    .start = &no_notes,
    .size = sizeof(no_notes),
};

static size_t cpu_notes_bytes(unsigned int cpu)
{
    size_t bytes = elf_note_bytes("CORE", sizeof(ELF_Prstatus)) +
                   elf_note_bytes("Xen", sizeof(crash_xen_core_t));

    if ( cpu == 0 )
        bytes += elf_note_bytes("Xen", sizeof(crash_xen_info_t));

    return bytes;
}

/*
 * A program header describes contiguous memory.  The crash kernel may not be
 * able to read above the limit of low_crashinfo=.
 */
static void *alloc_notes(size_t bytes)
{
    unsigned int order = get_order_from_bytes(bytes);
    void *va = alloc_xenheap_pages(order, MEMF_bits(crashinfo_maxaddr_bits));

    if ( va )
        memset(va, 0, PAGE_SIZE << order);

    return va;
}

static bool make_cpu_notes(unsigned int cpu)
{
    crash_note_range_t *n = &crash_notes[cpu];
    Elf_Note *first, *note;

    if ( n->start )
        return true;

    note = first = alloc_notes(cpu_notes_bytes(cpu));
    if ( !first )
        return false;

    note = elf_note_put(note, "CORE", NT_PRSTATUS, sizeof(ELF_Prstatus));
    note = elf_note_put(note, "Xen", XEN_ELFNOTE_CRASH_REGS,
                        sizeof(crash_xen_core_t));
    if ( cpu == 0 )
    {
        elf_note_put(note, "Xen", XEN_ELFNOTE_CRASH_INFO,
                     sizeof(crash_xen_info_t));
        xen_info = (crash_xen_info_t *)ELFNOTE_DESC(note);
    }

    n->size = cpu_notes_bytes(cpu);
    smp_wmb();      /* Complete, before a crash or a hypercall sees it. */
    n->start = first;

    return true;
}

/* A CPU may come up while dom0 asks where its notes will be. */
static bool make_cpu_notes_once(unsigned int cpu)
{
    static DEFINE_SPINLOCK(lock);
    bool made;

    spin_lock(&lock);
    made = make_cpu_notes(cpu);
    spin_unlock(&lock);

    if ( !made )
        printk(XENLOG_WARNING "kexec: no memory for the notes of CPU %u\n",
               cpu);

    return made;
}

/* On failure the CPU comes up without notes, and dom0 asking makes them. */
static int cf_check cpu_event(struct notifier_block *nb, unsigned long action,
                              void *hcpu)
{
    if ( action == CPU_UP_PREPARE )
        make_cpu_notes_once((unsigned long)hcpu);

    return NOTIFY_DONE;
}

static struct notifier_block cpu_nb = {
    .notifier_call = cpu_event,
};

static void __init put_identity(void)
{
#if KEXEC_XEN >= 421
    const void *build_id = xen_build_id;
    unsigned int bytes = xen_build_id_len;
#else
    const void *build_id;
    unsigned int bytes;

    if ( xen_build_id(&build_id, &bytes) )
        bytes = 0;
#endif

    vmcoreinfo_append("OSRELEASE=%u.%u%s\n", xen_major_version(),
                      xen_minor_version(), xen_extra_version());
    if ( bytes )
        vmcoreinfo_append("BUILD-ID=%*phN\n", (int)bytes, build_id);
}

/* For reports without xen-syms; filters like makedumpfile need less. */
static void __init put_for_reports(void)
{
    put_identity();

    VMCOREINFO_SYMBOL(_stext);
    VMCOREINFO_SYMBOL(_etext);

    VMCOREINFO_OFFSET(domain, max_vcpus, max_vcpus);
    VMCOREINFO_OFFSET(domain, vcpu, vcpu);
    VMCOREINFO_OFFSET(domain, tot_pages, tot_pages);
    VMCOREINFO_OFFSET(domain, is_dying, is_dying);
#if KEXEC_XEN >= 423
    VMCOREINFO_OFFSET(domain, shutdown_state, shutdown_state);
#else
    VMCOREINFO_OFFSET(domain, is_shut_down, is_shut_down);
#endif
    VMCOREINFO_OFFSET(domain, shutdown_code, shutdown_code);
    VMCOREINFO_OFFSET(domain, handle, handle);
    VMCOREINFO_OFFSET(domain, options, options);
    VMCOREINFO_OFFSET(domain, pause_count, pause_count);
    VMCOREINFO_OFFSET(vcpu, vcpu_id, vcpu_id);
    VMCOREINFO_OFFSET(vcpu, domain, domain);
    VMCOREINFO_OFFSET(vcpu, processor, processor);
    VMCOREINFO_OFFSET(vcpu, dirty_cpu, dirty_cpu);
    VMCOREINFO_OFFSET(vcpu, runstate.state, runstate.state);
    VMCOREINFO_OFFSET(vcpu, pause_flags, pause_flags);
    VMCOREINFO_OFFSET(vcpu, pause_count, pause_count);
}

/* crash(8) reads the frame table's address from a variable. */
static const struct page_info *const frame_table_start = frame_table;

static void __init fill_vmcoreinfo(void)
{
    vmcoreinfo_begin();
    vmcoreinfo_append("PAGESIZE=%ld\n", PAGE_SIZE);

    VMCOREINFO_SYMBOL(domain_list);
    VMCOREINFO_SYMBOL_ALIAS(frame_table, frame_table_start);
    VMCOREINFO_SYMBOL(max_page);

    VMCOREINFO_SIZE(page_info);
    VMCOREINFO_SIZE(domain);

    VMCOREINFO_OFFSET(page_info, count_info, count_info);
    VMCOREINFO_OFFSET(page_info, _domain, v.inuse._domain);
    VMCOREINFO_OFFSET(domain, domain_id, domain_id);
    VMCOREINFO_OFFSET(domain, next_in_list, next_in_list);

    put_for_reports();
    console_vmcoreinfo();
    symbols_vmcoreinfo();
    arch_vmcoreinfo();
}

/* Before the second CPU comes up, so that the notifier sees all of them. */
static int __init cf_check crash_notes_init(void)
{
    fill_vmcoreinfo();

    /* Without a crash area no crash kernel will read the others. */
    if ( !kexec_crash_area.size )
        return 0;

    crash_notes = xzalloc_array(crash_note_range_t, nr_cpu_ids);
    if ( !crash_notes )
    {
        printk(XENLOG_ERR "kexec: no memory for crash notes\n");
        return -ENOMEM;
    }

    make_cpu_notes_once(0);
    register_cpu_notifier(&cpu_nb);

    return 0;
}
presmp_initcall(crash_notes_init);

int crash_notes_cpu_range(unsigned int cpu, struct maddr_range *range)
{
    const crash_note_range_t *n = &no_range;

    *range = (struct maddr_range){};

    if ( cpu >= nr_cpu_ids )
        return -ERANGE;

    if ( crash_notes && make_cpu_notes_once(cpu) )
        n = &crash_notes[cpu];

    range->start = virt_to_maddr(n->start);
    range->end = range->start + n->size;

    return 0;
}

void crash_notes_save_cpu(unsigned int cpu, const struct cpu_user_regs *regs)
{
    ELF_Prstatus *status;
    Elf_Note *note;

    if ( !crash_notes || !crash_notes[cpu].start || crash_notes[cpu].saved )
        return;

    note = crash_notes[cpu].start;
    status = (ELF_Prstatus *)ELFNOTE_DESC(note);
    note = ELFNOTE_NEXT(note);

    elf_core_save_regs(&status->pr_reg,
                       (crash_xen_core_t *)ELFNOTE_DESC(note));
    if ( regs )
        arch_crash_user_regs(&status->pr_reg, regs);

    /* Until this is set, an NMI writes the whole note again. */
    smp_wmb();
    crash_notes[cpu].saved = true;
}

void crash_notes_save_xen(void)
{
    if ( !xen_info )
        return;

    xen_info->xen_major_version = xen_major_version();
    xen_info->xen_minor_version = xen_minor_version();
    /* Addresses: the reader finds the strings in the dump. */
    xen_info->xen_extra_version = virt_to_maddr(xen_extra_version());
    xen_info->xen_changeset = virt_to_maddr(xen_changeset());
    xen_info->xen_compiler = virt_to_maddr(xen_compiler());
    xen_info->xen_compile_date = virt_to_maddr(xen_compile_date());
    xen_info->xen_compile_time = virt_to_maddr(xen_compile_time());
    xen_info->tainted = tainted;
    arch_crash_xen_info(xen_info);
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
