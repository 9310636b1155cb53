/* SPDX-License-Identifier: GPL-2.0-only */

#include <stdlib.h>
#include <string.h>

#include "dom0log.h"
#include "dom0stack.h"
#include "domain-names.h"
#include "report.h"

/* Intel SDM vol. 3A, table 6-1. */
#define VECTOR_NMI 2
#define VECTOR_MC  18

/* No longer than any string in Xen, and its command line. */
#define MAX_STRING  256
#define MAX_CMDLINE 1024

static void read_identity(struct report *report)
{
    const struct dump *dump = report->dump;
    const struct xen_info *info = &dump->notes.xen_info;
    const char *value;
    size_t bytes;

    value = vmcoreinfo_value(&dump->notes.xen, "OSRELEASE", &bytes);
    if ( value )
        text_add_bytes(&report->version, value, bytes);
    else if ( info->major )
    {
        text_add(&report->version, "%llu.%llu",
                 (unsigned long long)info->major,
                 (unsigned long long)info->minor);
        dump_read_string(dump, info->extra_version, MAX_STRING,
                         &report->version);
    }

    value = vmcoreinfo_value(&dump->notes.xen, "BUILD-ID", &bytes);
    if ( value )
        text_add_bytes(&report->build_id, value, bytes);
    if ( info->changeset )
        dump_read_string(dump, info->changeset, MAX_STRING,
                         &report->changeset);
    if ( info->compiler )
        dump_read_string(dump, info->compiler, MAX_STRING,
                         &report->compiler);
}

static void read_cmdline(struct report *report)
{
    uint64_t va;

    if ( names_symbol(report->names, "saved_cmdline", &va) )
        dump_read_string_va(report->dump, va, MAX_CMDLINE, &report->cmdline);
}

/* ~0 says that no CPU got that far. */
static void read_crashing_cpu(struct report *report)
{
    struct dump *dump = report->dump;

    report->has_crashing_cpu =
        dump_variable_u32(dump, "crashing_cpu", &report->crashing_cpu) &&
        report->crashing_cpu != ~0U;
    if ( !report->has_crashing_cpu )
        dump_problem(dump, "nothing says which CPU crashed");
    else if ( report->crashing_cpu >= dump->notes.nr_cpus )
        dump_problem(dump, "CPU %u crashed, but has no registers in the dump",
                     report->crashing_cpu);
}

const char *report_exception(uint32_t vector)
{
    /* Intel SDM vol. 3A, table 6-1. */
    static const char *const names[] = {
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", NULL,
        "#TS", "#NP", "#SS", "#GP", "#PF", NULL, "#MF", "#AC", "#MC", "#XM",
        "#VE", "#CP",
    };

    return vector < sizeof(names) / sizeof(*names) ? names[vector] : NULL;
}

const char *report_function(const struct report *report, uint64_t va,
                            uint64_t *into)
{
    const struct payload *payload = payloads_find(&report->payloads, va);

    return names_find(payload ? payload->names : report->names, va, into);
}

/* Without the file before it, and what the compiler has put behind it. */
static bool is_function(const char *name, const char *wanted)
{
    const char *start = strrchr(name, '#');
    size_t bytes;

    start = start ? start + 1 : name;
    bytes = strcspn(start, ".");

    return bytes == strlen(wanted) && !strncmp(start, wanted, bytes);
}

/* What is called in each crash, from the inside to the outside. */
static bool is_crash_path(const struct report *report,
                          const struct frame *frame)
{
    static const char *const names[] = {
        "crash_notes_save_cpu", "kexec_crash", "panic", "fatal_trap",
        /* Not on the way there, but left on the stack, for a guess to find. */
        "machine_crash_kexec", "machine_crash_shutdown", "machine_kexec_jump",
    };
    uint64_t into;
    const char *name = report_function(report, frame->rip, &into);
    size_t i;

    for ( i = 0; name && i < sizeof(names) / sizeof(*names); i++ )
        if ( is_function(name, names[i]) )
            return true;

    return false;
}

/* Xen crashes by any exception of its own, and by these of a guest's time. */
static bool is_cause(const struct frame *frame)
{
    return frame->kind == FRAME_GUEST
           ? frame->vector == VECTOR_NMI || frame->vector == VECTOR_MC
           : frame->kind == FRAME_REGISTERS && report_exception(frame->vector);
}

/*
 * What an exception or an NMI has interrupted, or else the first function
 * that is not there to crash.
 */
static const struct frame *find_where(const struct report *report)
{
    const struct frame *frames;
    size_t nr, i;

    if ( !report->has_crashing_cpu ||
         report->crashing_cpu >= report->dump->notes.nr_cpus )
        return NULL;
    frames = report->stacks[report->crashing_cpu].frames;
    nr = frames ? report->stacks[report->crashing_cpu].nr : 0;

    for ( i = 1; i < nr; i++ )
        if ( is_cause(&frames[i]) )
            return &frames[i];

    for ( i = 0; i < nr; i++ )
        if ( frames[i].kind != FRAME_GUEST &&
             !is_crash_path(report, &frames[i]) )
            return &frames[i];

    return NULL;
}

/* Of dom0's kernel, as far as it is a PV Linux. */
static void read_dom0_stacks(struct report *report)
{
    size_t d, v;

    for ( d = 0; d < report->domains.nr; d++ )
    {
        struct domain *domain = &report->domains.list[d];

        if ( domain->id || domain->is_hvm )
            continue;
        for ( v = 0; v < domain->vcpus.nr; v++ )
            dom0stack_read(&report->dom0, report->dom0_names,
                           &domain->vcpus.list[v]);
    }
}

void report_make(struct dump *dump, const char *dom0_symbols,
                 struct report *report)
{
    size_t cpu;

    *report = (struct report){ .dump = dump };
    report->names = names_of_xen(dump);
    read_identity(report);
    read_cmdline(report);
    read_crashing_cpu(report);

    if ( !dump->notes.nr_cpus )
        dump_problem(dump, "no CPU has registers in the dump");
    payloads_read(dump, &report->payloads);
    report->stacks = must_alloc(dump->notes.nr_cpus, sizeof(*report->stacks));
    for ( cpu = 0; cpu < dump->notes.nr_cpus; cpu++ )
        stack_read(dump, cpu, &report->stacks[cpu]);
    report->where = find_where(report);

    domains_read(dump, report->stacks, &report->domains);
    domain_names_find(dump, &report->domains);
    dom0_open(dump, &report->dom0);
    report->dom0_names = names_of_dom0(dump, &report->dom0, dom0_symbols);
    read_dom0_stacks(report);

    console_read(dump, &report->console);
    console_reason(&report->console, &report->reason);
    dom0log_read(&report->dom0, &report->dom0_log, &report->no_dom0_log);
    console_dom0_reason(&report->dom0_log, &report->dom0_reason);
}

void report_free(struct report *report)
{
    struct text *texts[] = {
        &report->version, &report->changeset, &report->compiler,
        &report->build_id, &report->cmdline, &report->reason,
        &report->dom0_reason,
        &report->console, &report->dom0_log, &report->no_dom0_log,
    };
    size_t i;

    for ( i = 0; i < report->dump->notes.nr_cpus; i++ )
        stack_free(&report->stacks[i]);
    free(report->stacks);
    names_close(report->names);
    names_close(report->dom0_names);
    payloads_free(&report->payloads);
    dom0_close(&report->dom0);
    domains_free(&report->domains);
    for ( i = 0; i < sizeof(texts) / sizeof(*texts); i++ )
        text_free(texts[i]);
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
